// A stranger's capsule starts no real nodes, and nothing that is larger than a person would expect.

import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCapsule, encodeCapsule } from '../../../protocol/capsule/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { CAPSULE_NODES_MAX, replaySimulation } from '../../../sim/cli/capsule.ts';
import { zerostate, zerostateJson } from '../../support/cli.ts';
import { tempTree } from '../../support/temp-tree.ts';

const scenario = (tier: string, nodes: number, seconds: number) => ({
  name: 'strange',
  tier,
  seconds,
  topology: { nodes },
});
const refused = (words: RegExp) => (error: unknown) =>
  isZeroError(error) && error.code === 'SCENARIO_INVALID' && words.test(error.message);

describe('the simulation of a capsule', () => {
  it('is refused before it starts when it is large, and says how to run it all the same', async () => {
    const tooMany = scenario('T2', CAPSULE_NODES_MAX.T2 + 1, 1);
    await assert.rejects(
      replaySimulation(tooMany, 1, { large: false }),
      refused(/20001 nodes for 1 s at T2/),
    );
    const tooLong = scenario('T1', 50, 80_000);
    await assert.rejects(replaySimulation(tooLong, 1, { large: false }), (error) => {
      assert.ok(isZeroError(error));
      assert.match(String(error.hint), /--large/);
      return refused(/50 nodes for 80000 s/)(error);
    });
  });

  it('never starts real nodes', async () => {
    await assert.rejects(
      replaySimulation(scenario('T0', 3, 1), 1, { large: true }),
      refused(/T0 cannot repeat/),
    );
  });

  it('runs when it is small', async () => {
    const { traceHash } = await replaySimulation(scenario('T2', 10, 2), 1, { large: false });
    assert.match(traceHash, /./);
  });

  it('is written for its owner alone', async () => {
    using tree = tempTree({});
    const [from, out] = [join(tree.root, 'small.json'), join(tree.root, 'small.zsc')];
    writeFileSync(from, JSON.stringify(scenario('T2', 10, 2)));
    await zerostateJson(['sim', 'capsule', '1', '--scenario', from, '--out', out]);
    assert.equal(statSync(out).mode & 0o077, 0);
  });

  it('is replayed from the one file in an empty folder, named by its digest, and refused where a member was edited', async () => {
    using tree = tempTree({});
    using elsewhere = tempTree({});
    const [from, out] = [join(tree.root, 'small.json'), join(tree.root, 'small.zsc')];
    writeFileSync(from, JSON.stringify(scenario('T2', 10, 2)));
    const { digest } = await zerostateJson<{ digest: string }>([
      ...['sim', 'capsule', '5', '--scenario', from, '--out', out],
    ]);
    const moved = join(elsewhere.root, 'moved.zsc');
    const { capsule } = decodeCapsule(readFileSync(out));
    const replay = async (changes: object) => {
      const simulation = { ...capsule.simulation!, ...changes };
      writeFileSync(moved, encodeCapsule({ ...capsule, simulation }).bytes);
      return await zerostate(['capsule', 'replay', moved], { cwd: elsewhere.root });
    };
    const whole = await replay({});
    assert.equal(whole.code, 0, whole.stderr);
    assert.ok(whole.stdout.trimEnd().endsWith(`identical  ${digest}`), whole.stdout);
    writeFileSync(moved, encodeCapsule({ ...capsule, versions: { zerostate: '99' } }).bytes);
    const other = await zerostate(['capsule', 'replay', moved, '--digest', digest], { cwd: elsewhere.root });
    assert.notEqual(other.code, 0);
    assert.match(other.stderr, /the capsule has the digest sha256:[0-9a-f]{64}, and not sha256:/);
    assert.doesNotMatch(other.stdout, /identical/);
    for (const [changes, says] of [
      [{ seed: 6 }, /trace: was [0-9a-f]{64}, is [0-9a-f]{64}[\s\S]*different/],
      [{ until: 9 }, /it ran for 9 s, and its scenario for 2 s/],
      [{ traceHash: 'a'.repeat(64) }, /its id is/],
    ] as const) {
      const { code, stderr, stdout } = await replay(changes);
      assert.equal(code, 3, stdout);
      assert.match(stdout + stderr, says);
      assert.doesNotMatch(stdout, /identical/);
    }
  });
});
