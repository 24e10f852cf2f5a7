// Attestations come in as people have them: piped, and dropped into a folder that is watched. What is no attestation is named and left alone.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cyclonedx, dsse, json, openvex, slsaV1, spdx, statement } from '../../support/attestations.ts';
import { eventually } from '../../support/cli.ts';
import { draft, TestNodes } from '../../support/nodes.ts';

const SOON_MS = 60_000;
const PROGRAM = join(import.meta.dirname, '../../../bin/zerostate.ts');

/** A command whose input and output the test holds. */
function run(args: readonly string[]): { child: ChildProcess; out: () => string } {
  const child = spawn(process.execPath, [PROGRAM, 'prov', 'add', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream!.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  return { child, out: () => text };
}

describe('prov add', function () {
  this.timeout(300_000);

  it('takes lines from standard input, and what a watched folder holds and gets', async () => {
    await using nodes = new TestNodes();
    const { node } = await nodes.start('author');
    await node.cards.publish(draft('builder'));
    const home = nodes.home('author');
    const piped = run(['-', '--home', home]);
    const lines = [dsse(statement('https://slsa.dev/provenance/v1', slsaV1)), openvex].map((one) =>
      JSON.stringify(one),
    );
    piped.child.stdin!.end(`${lines.join('\n')}\n`);
    const [code] = (await once(piped.child, 'exit')) as [number];
    assert.equal(code, 0, piped.out());
    assert.match(piped.out(), /slsa-provenance[\s\S]*openvex/);
    assert.equal(node.provenance.service.graph.size.statements, 2);

    // One that is none does not keep the others out.
    const [bad, good] = [join(home, 'bad.json'), join(home, 'good.json')];
    writeFileSync(bad, '{}');
    writeFileSync(good, json(openvex));
    const several = run([bad, join(home, 'none.json'), good, '--home', home]);
    const [failed] = (await once(several.child, 'exit')) as [number];
    assert.notEqual(failed, 0);
    assert.match(several.out(), /bad\.json: .*\[DECODE_FAILED\]/);
    assert.match(several.out(), /none\.json: it cannot be read/);
    assert.match(several.out(), /known already.*openvex|added.*openvex/);

    const folder = join(home, 'inbox');
    mkdirSync(folder);
    writeFileSync(join(folder, 'sbom.json'), json(cyclonedx));
    writeFileSync(join(folder, 'notes.txt'), 'not an attestation');
    const watching = run(['--watch', folder, '--home', home]);
    const ended = once(watching.child, 'exit');
    await eventually('what is in the folder', SOON_MS, async () =>
      /notes\.txt.*DECODE_FAILED|cyclonedx/.test(watching.out()),
    );
    await eventually(
      'both files',
      SOON_MS,
      async () => node.provenance.service.graph.size.statements === 3 && watching.out().includes('notes.txt'),
    );
    writeFileSync(join(folder, 'later.spdx.json'), json(spdx));
    await eventually(
      'what came later',
      SOON_MS,
      async () => node.provenance.service.graph.size.statements === 4,
    );
    watching.child.kill('SIGINT');
    await ended;
    assert.match(watching.out(), /notes\.txt: .*\[DECODE_FAILED\]/);
  });
});
