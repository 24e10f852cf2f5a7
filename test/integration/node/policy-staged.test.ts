// Who applies a bundle that begins later is told that it waits, and for what: "in force" alone reads as if nothing had come of it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zerostate, zerostateJson } from '../../support/cli.ts';
import { TestNodes } from '../../support/nodes.ts';

const HOUR_MS = 3_600_000;

describe('zerostate policy apply', function () {
  this.timeout(300_000);

  it('names the bundle that waits for its start', async () => {
    await using nodes = new TestNodes();
    const folder = nodes.home('signer');
    const [key, cedar, bundles] = ['key.seed', 'all.cedar', 'bundles.json'].map((name) => join(folder, name));
    await nodes.start('signer', { roles: ['boot'] });
    const { did } = await zerostateJson<{ did: string }>(['policy', 'key', key!]);
    await nodes.start('one', { roles: ['boot'], policy: { signers: [did] } });
    const at = ['--home', nodes.home('one')];
    writeFileSync(cedar!, '@id("all")\npermit (principal, action, resource);\n');
    await zerostateJson(['policy', 'sign', cedar!, bundles!, '--key', key!, '--name', 'fleet']);
    const now = await zerostate(['policy', 'apply', bundles!, ...at]);
    assert.match(now.stdout, /^in force: "fleet" 1/);
    assert.doesNotMatch(now.stdout, /waits/);
    const starts = new Date(Date.now() + HOUR_MS).toISOString().replace(/\.\d+Z$/, 'Z');
    await zerostateJson(['policy', 'sign', cedar!, bundles!, '--key', key!, '--starts', starts]);
    const later = await zerostate(['policy', 'apply', bundles!, ...at]);
    assert.match(later.stdout, new RegExp(`^in force: "fleet" 1[^]*waits +2, for ${starts} and 0 of `));
  });
});
