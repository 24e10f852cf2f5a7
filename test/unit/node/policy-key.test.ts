// The node's own policy key: made once and never written over, refused when it is damaged or open to others; and what health says of policies.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { degradedReasons } from '../../../node/policy/degraded.ts';
import { makePolicyKey, ownPolicyKey, readPolicyKey } from '../../../node/policy/policy-key.ts';
import { refused } from '../../support/agents.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';
import { PolicyDesk } from '../../support/policy-desk.ts';

describe('node/policy: its own key', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-policy-key-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is made when it is first needed, and stays', async () => {
    const { keyid } = await ownPolicyKey(folder);
    assert.equal((await ownPolicyKey(folder)).keyid, keyid);
    const path = join(folder, 'keys/policy.seed');
    const text = readFileSync(path, 'utf8');
    await assert.rejects(makePolicyKey(path), refused('ALREADY_EXISTS'));
    assert.equal(readFileSync(path, 'utf8'), text);
    if (process.platform !== 'win32') {
      chmodSync(path, 0o644);
      await assert.rejects(ownPolicyKey(folder), refused('KEY_FILE_UNSAFE'));
    }
  });

  it('is none where its file holds something else', async () => {
    const path = join(folder, 'other.seed');
    for (const text of [
      '',
      'not base64!',
      Buffer.alloc(31).toString('base64'),
      Buffer.alloc(33).toString('base64'),
    ]) {
      writeFileSync(path, text, { mode: 0o600 });
      await assert.rejects(readPolicyKey(path), refused('DATA_CORRUPT'), text);
    }
    assert.equal(await readPolicyKey(join(folder, 'none.seed')), undefined);
  });
});

describe('node/policy: degraded mode', () => {
  it('says that a bundle has run out, that an override holds, and what else is given', async () => {
    using desk = new PolicyDesk();
    await desk.run(
      async (policy) => {
        const reasons = (held: object[] = [], degraded?: string) =>
          degradedReasons({
            clock: { now: () => desk.time.now },
            degraded,
            policy,
            overrides: { list: () => held } as never,
          }).join('; ');
        await policy.bundles.apply([signedBundle({ expiresAt: '2026-03-02T01:00:00Z' })]);
        assert.equal(reasons(), '');
        assert.match(reasons([{ until: 0 }, { until: 1_000 }]), /^2 override.* until 1970-01-01T00:00:01Z$/);
        assert.equal(reasons([], 'another'), 'another');
        desk.time.now = Date.parse('2026-03-02T01:00:00Z');
        assert.equal(reasons(), 'the policy bundle ran out 2026-03-02T01:00:00Z');
      },
      [keyOf(1)],
    );
  });

  it('says that a bundle waits although its time has come, once it is not the next look that begins with it', () => {
    const START = Date.parse('2026-03-02T01:00:00Z');
    const reasonsAt = (now: number, staged: object | null) =>
      degradedReasons({
        clock: { now: () => now },
        overrides: { list: () => [] } as never,
        policy: { bundles: { staged, expired: false, fellBack: undefined }, lostRecords: 0 } as never,
      });
    const staged = { id: 'b', sequence: 4, startsAtMs: START };
    assert.deepEqual(reasonsAt(START + 9_999, staged), []);
    assert.match(
      reasonsAt(START + 10_000, staged).join(),
      /^policy 4 should have begun 2026-03-02T01:00:00Z and waits/,
    );
    assert.deepEqual(reasonsAt(START + 10_000, null), []);
  });
});
