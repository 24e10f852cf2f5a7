// An answer is believed, and paid, only for a receipt that is the member's, of this task, and says what was asked and what came.

import assert from 'node:assert/strict';
import type { BookEntry } from '../../../node/cards/card-book.ts';
import { checkAnswer } from '../../../node/tasks/check-answer.ts';
import { deterministicPart } from '../../../node/tasks/deterministic.ts';
import type { TaskResponse } from '../../../node/tasks/wire.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import {
  bytesDigest,
  type ReceiptDeterministic,
  type ReceiptObserved,
} from '../../../protocol/receipt/index.ts';
import type { VerifiedManifest } from '../../../protocol/task/index.ts';
import type { Job, RunResult } from '../../../wasm-runner/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { DETERMINISTIC, jsonFile, NOW, sampleReceipt } from '../../support/receipt-files.ts';

const [member, other] = [makeAgent(40), makeAgent(70)];
const requester = makeAgent(60).agentId;
const payload = utf8('{"a":"manifest"}');
const manifest = {
  envelope: { payload },
  manifest: { requester, taskId: 'task-1' },
} as unknown as VerifiedManifest;
const job: Job = {
  module: utf8('module'),
  args: ['a'],
  env: { B: 'b' },
  stdin: utf8('c'),
  inputs: { 'd.txt': utf8('d') },
  limits: { fuel: 1_000n, memoryBytes: 65_536, stackBytes: 65_536, outputBytes: 1_000, wallMs: 1_000 },
  mode: 'deterministic',
  seed: '11'.repeat(32),
  clock: { originNs: 0n, stepNs: 1_000n },
} as unknown as Job;
const came = { stdout: utf8('out'), stderr: utf8('err'), outputs: { 'e.txt': utf8('e') } };
const { abi, rewriter, scheduleId } = DETERMINISTIC;
const result = { ...came, status: 'OK', exitCode: 0, trap: null, fuel: 7n, abi, rewriter, scheduleId };
const said = deterministicPart(job, result as unknown as RunResult);
const response: TaskResponse = { ...came, status: 'OK', exitCode: 0, fuel: '7', detail: null, receipt: null };

type Lie = {
  deterministic?: Partial<ReceiptDeterministic>;
  observed?: Partial<ReceiptObserved>;
  by?: ReturnType<typeof makeAgent>;
  response?: Partial<TaskResponse>;
  file?: Record<string, unknown>;
  now?: number;
};

/** Checks an answer that is true but for this. */
function check({
  by = member,
  deterministic = {},
  file = {},
  now = NOW,
  observed = {},
  response: answer = {},
}: Lie = {}) {
  const told = { manifestDigest: bytesDigest(payload), requester, taskId: 'task-1', ...observed };
  const sample = sampleReceipt(told, { ...said, ...deterministic }, by);
  const { inputs: _, ...bare } = sample.file;
  return checkAnswer({
    manifest,
    job,
    agentId: member.agentId,
    card: {} as BookEntry,
    response: { ...response, ...answer },
    receipt: jsonFile({ ...bare, ...file }),
    now,
  });
}

describe('the answer of a member', () => {
  it('is believed when its receipt says what was asked and what came', () => {
    const { verified } = check();
    assert.deepEqual([verified.issuer, verified.receipt.observed.taskId], [member.agentId, 'task-1']);
  });

  it('is not believed for the receipt of another, or of another task', () => {
    for (const lie of [
      { by: other },
      { observed: { taskId: 'task-2' } },
      { observed: { requester: other.agentId } },
      { observed: { requester: null } },
      { observed: { manifestDigest: bytesDigest(utf8('another')) } },
      { observed: { manifestDigest: null } },
    ] as Lie[])
      assert.throws(
        () => check(lie),
        refused('RECEIPT_REFUSED'),
        JSON.stringify(lie.observed ?? 'another agent'),
      );
  });

  it('is not believed for a receipt of other work, or with other bytes than its receipt says', () => {
    const digest = bytesDigest(utf8('another'));
    const names = ['moduleDigest', 'inputsDigest', 'argsDigest', 'envDigest', 'stdinDigest'] as const;
    for (const name of names)
      assert.throws(() => check({ deterministic: { [name]: digest } }), refused('RECEIPT_REFUSED'), name);
    for (const [name, value] of Object.entries({
      fuel: '1001',
      memoryBytes: 65_537,
      stackBytes: 1,
      outputBytes: 2,
    }))
      assert.throws(
        () => check({ deterministic: { limits: { ...said.limits, [name]: value } } }),
        refused('RECEIPT_REFUSED'),
        name,
      );
    assert.throws(() => check({ deterministic: { seed: '22'.repeat(32) } }), refused('RECEIPT_REFUSED'));
    for (const lie of [
      { stdout: utf8('other') },
      { stderr: utf8('other') },
      { outputs: {} },
      { fuel: '8' },
      { status: 'EXIT' },
    ] as Partial<TaskResponse>[])
      assert.throws(() => check({ response: lie }), refused('RECEIPT_REFUSED'), Object.keys(lie).join());
  });

  it('is not believed for a receipt that does not verify', () => {
    const foreign = sampleReceipt({ taskId: 'task-2' }, said, member);
    for (const file of [
      { receipt: foreign.file.receipt },
      { entry: foreign.file.entry },
      { executorCard: sampleReceipt({}, {}, other).file.executorCard },
      { proof: '' },
    ])
      assert.throws(() => check({ file }), refused('RECEIPT_REFUSED'), Object.keys(file).join());
  });
});
