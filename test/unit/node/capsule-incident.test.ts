// What a capsule says of itself is held against what is in it, and "the same" is said of nothing that was not there to be replayed.

import assert from 'node:assert/strict';
import { replayCapsule } from '../../../node/cli/capsule-replay.ts';
import { type Capsule, emptyCapsule } from '../../../protocol/capsule/index.ts';
import { peerIdOfOrigin } from '../../../protocol/log/index.ts';
import type { Decision } from '../../../protocol/policy/index.ts';
import { decisionCapsule, failures } from '../../support/capsules.ts';
import { sampleReceipt } from '../../support/receipt-files.ts';

describe('protocol/capsule: its incident', () => {
  it('what names the incident is held against what is in it', () => {
    const of = (changes: Partial<Capsule>) => failures(decisionCapsule(changes));
    assert.deepEqual(of({ id: 'another' }), ['incident']);
    assert.deepEqual(of({ incident: 'simulation' }), ['incident']);
    const whole = decisionCapsule();
    assert.deepEqual(of({ decisions: [...whole.decisions, ...whole.decisions] }), ['incident']);
    assert.deepEqual(of({ policies: [...whole.policies, ...whole.policies] }), ['incident']);
    assert.deepEqual(of({ policies: [{ ...whole.policies[0]!, name: 'stricter' }] }), ['incident']);
    const { file, log } = sampleReceipt();
    const { inputs: _, ...receipt } = file;
    const task = { ...emptyCapsule('task', 'task-1'), receipts: [receipt] };
    assert.deepEqual(failures({ ...task, id: 'task-2' }), ['incident']);
    assert.deepEqual(failures({ ...task, receipts: [receipt, receipt] }), ['incident']);
    const ranking = { ceiling: null, reputationFloor: 0, salt: 'task-2', independent: false, members: [] };
    assert.deepEqual(failures({ ...task, ranking }), ['incident']);
    assert.deepEqual(failures({ ...task, ranking: { ...ranking, salt: 'task-1' } }), []);
    const { checkpoint, origin } = log;
    assert.deepEqual(failures({ ...task, checkpoint, node: peerIdOfOrigin(origin) }), []);
    assert.deepEqual(failures({ ...task, checkpoint, node: '12D3KooWother' }), ['incident']);
    const simulation = {
      scenario: { seconds: 60 },
      seed: 7,
      until: 60,
      traceHash: 'a'.repeat(64),
      checks: [],
    };
    const run = { ...emptyCapsule('simulation', simulation.traceHash), simulation };
    assert.deepEqual(failures(run), []);
    assert.deepEqual(failures({ ...run, id: 'b'.repeat(64) }), ['incident']);
    assert.deepEqual(failures({ ...run, simulation: { ...simulation, until: 61 } }), ['incident']);
  });

  it('what nothing binds any more, or is not there, is never said to be the same', async () => {
    const capsule = decisionCapsule();
    const [{ id, record }] = capsule.decisions as [Decision];
    const decisions = [{ id, record: { ...record, choice: ['b'] } }];
    const path = 'decisions/0/record/constraints/text';
    const { left } = await replayCapsule({ ...capsule, decisions, redacted: [path] }, {});
    assert.match(left.join(), /its record was redacted, and its id binds no longer/);
    const robbed = { ...capsule, incident: 'task' as const };
    assert.match((await replayCapsule(robbed, {})).left.join(), /no receipt is in the capsule/);
  });
});
