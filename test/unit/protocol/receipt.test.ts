// Execution receipts: what may be signed as a result, and what two receipts of one job prove.

import assert from 'node:assert/strict';
import { encodeEnvelope, publicKeyOfDidKey, verifyEnvelope } from '../../../protocol/envelope/index.ts';
import { keychainToJson } from '../../../protocol/identity/index.ts';
import * as rc from '../../../protocol/receipt/index.ts';
import { makeAgent, makeDeterministic, OBSERVED, refused } from '../../support/agents.ts';

const agent = makeAgent(10);
const base = {
  keychain: agent.keychain,
  signer: agent.operational,
  issuedAt: '2026-03-01T00:00:05Z',
  observed: OBSERVED,
};

describe('protocol/receipt', () => {
  it('signs and verifies; the subjects are module, inputs and outputs', () => {
    const verified = rc.verifyReceipt(rc.signReceipt({ ...base, deterministic: makeDeterministic() }));
    assert.deepEqual(verified.receipt.deterministic, makeDeterministic());
    assert.deepEqual(verified.receipt.observed, OBSERVED);
    assert.deepEqual(
      verified.statement.subject.map(({ name, digest }) => [name, digest.sha256?.[0]]),
      [
        ['module', '1'],
        ['inputs', '2'],
        ['stdout', '6'],
        ['output-tree', '8'],
      ],
    );
  });

  it('of one agent keep one copy of its keychain, as it was signed; that of another agent is its own', () => {
    const read = (keys: typeof agent, taskId: string) =>
      rc.verifyReceipt(
        encodeEnvelope(
          rc.signReceipt({
            ...base,
            keychain: keys.keychain,
            signer: keys.operational,
            deterministic: makeDeterministic(),
            observed: { ...OBSERVED, taskId },
          }),
        ),
      ).receipt.keychain;
    const first = read(agent, 'task-1');
    assert.equal(read(agent, 'task-2'), first);
    assert.deepEqual(first, keychainToJson(agent.keychain));
    assert.throws(() => Object.assign(first.delegation.signatures[0] as object, { sig: '' }), TypeError);
    const other = makeAgent(20);
    assert.deepEqual(read(other, 'task-3'), keychainToJson(other.keychain));
  });

  it('signs each deterministic end, and no other', () => {
    const ends: [string, Partial<rc.ReceiptDeterministic['result']>][] = [
      ['EXIT', { exitCode: 7 }],
      ['TRAP', { exitCode: null, trap: 'unreachable' }],
      ['OUT_OF_FUEL', { exitCode: null }],
      ['LIMIT_REFUSED', { exitCode: null }],
    ];
    for (const [status, rest] of ends) {
      assert.ok(rc.isReceiptStatus(status));
      rc.verifyReceipt(
        rc.signReceipt({ ...base, deterministic: makeDeterministic({ status: status as never, ...rest }) }),
      );
    }
    for (const status of ['TIMEOUT', 'HOST_OOM', 'WORKER_CRASH', 'CANCELLED', 'OVERLOADED', 'ok']) {
      assert.ok(!rc.isReceiptStatus(status));
      assert.throws(
        () =>
          rc.signReceipt({
            ...base,
            deterministic: makeDeterministic({ status: status as never, exitCode: null }),
          }),
        refused('DECODE_FAILED'),
      );
    }
  });

  const contradictions: [string, Partial<rc.ReceiptDeterministic['result']>][] = [
    ['OK with exit code 1', { exitCode: 1 }],
    ['OK without exit code', { exitCode: null }],
    ['OK with a trap', { trap: 'unreachable' }],
    ['TRAP with exit code', { status: 'TRAP', exitCode: 0 }],
    ['more fuel than its limit', { fuel: '1000001' }],
    ['fuel in floating point', { fuel: '1e3' }],
    ['fuel with 23 digits', { fuel: '1'.repeat(23) }],
    ['exit code beyond 32 bits', { status: 'EXIT', exitCode: 2 ** 32 }],
    ['digest in capitals', { stdoutDigest: `sha256:${'A'.repeat(64)}` }],
  ];
  for (const [name, result] of contradictions) {
    it(`refuses: ${name}`, () =>
      assert.throws(
        () => rc.signReceipt({ ...base, deterministic: makeDeterministic(result) }),
        refused('DECODE_FAILED'),
      ));
  }

  it('compares: one job, one result', () => {
    const [a, b] = [makeDeterministic(), makeDeterministic({ stdoutDigest: `sha256:${'f'.repeat(64)}` })];
    assert.equal(rc.compareReceipts(a, makeDeterministic()), 'same');
    assert.equal(rc.compareReceipts(a, b), 'diverged');
    assert.equal(rc.compareReceipts(a, { ...a, scheduleId: 'schedule-2' }), 'different-jobs');
    assert.notEqual(rc.jobDigest(a), rc.resultDigest(a));
    assert.deepEqual(rc.receiptDigests(a), { job: rc.jobDigest(a), result: rc.resultDigest(a) });
    assert.equal(rc.jobDigest(a), rc.jobDigest(b));
  });

  describe('joint receipts', () => {
    const verified = (which: typeof agent, result = {}) =>
      rc.verifyReceipt(
        rc.signReceipt({
          ...base,
          keychain: which.keychain,
          signer: which.operational,
          deterministic: makeDeterministic(result),
        }),
      );

    it('carry the signatures of all executors over the same bytes', () => {
      const parts = [verified(agent), verified(makeAgent(30))] as const;
      const joint = rc.jointEnvelope(parts);
      const keys = parts.map(({ operationalKey }) => publicKeyOfDidKey(operationalKey));
      verifyEnvelope(joint, { keys, threshold: 2 });
      assert.equal(joint.payloadType, rc.RESULT_PAYLOAD_TYPE);
      // Nothing of the observation is in it: neither executor, nor time, nor task.
      assert.deepEqual(JSON.parse(new TextDecoder().decode(joint.payload)), makeDeterministic());
    });

    it('refuse another result, and a signature that does not hold', () => {
      const mine = verified(agent);
      assert.throws(
        () => rc.jointEnvelope([mine, verified(makeAgent(30), { fuel: '4243' })]),
        refused('PARTS_MISMATCH'),
      );
      const { deterministicSignature: _, ...unsigned } = mine.receipt;
      assert.throws(() => rc.jointEnvelope([{ ...mine, receipt: unsigned }]), refused('PARTS_MISMATCH'));
      assert.throws(
        () => rc.jointEnvelope([{ ...mine, operationalKey: verified(makeAgent(30)).operationalKey }]),
        refused('SIGNATURE_INVALID'),
      );
    });
  });
});
