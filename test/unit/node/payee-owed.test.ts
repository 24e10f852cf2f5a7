// What covers work of a payee, and what is owed for it when its receipt is in the own log: to its own payer, for no more than was offered.

import assert from 'node:assert/strict';
import type { ChannelSides } from '../../../node/payments/channel-sides.ts';
import { EARLY_RECEIPTS_MAX } from '../../../node/payments/limits.ts';
import { PayeeWork } from '../../../node/payments/payee-work.ts';
import {
  type ChannelEvent,
  type ChannelState,
  initialState,
  signUpdate,
  signWithdrawal,
} from '../../../protocol/channel/index.ts';
import { type AgentStatement, RECEIPT_PREDICATE } from '../../../protocol/statement/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { AGENTS, MANIFEST, TERMS } from '../../support/channel-world.ts';
import { settled } from '../../support/hand-clock.ts';

const { channel, currency, payee, payer } = TERMS;
const OTHER = makeAgent(70).agentId;
const [TASK, OFFERED] = ['task-1', 9n];
const newest = signUpdate(
  TERMS,
  { version: 1, paid: 0n, offers: [{ task: TASK, amount: OFFERED, condition: MANIFEST }], pays: [] },
  AGENTS.payer.operational,
);
const cover = { payer, payee, task: TASK, amount: OFFERED, currency, condition: MANIFEST };

let count = 0;
const receipt = (
  more: { issuer?: string; requester?: string; taskId?: string; manifestDigest?: string } = {},
) => {
  const { issuer = payee, ...observed } = more;
  return {
    predicateType: RECEIPT_PREDICATE,
    id: `receipt ${count++}`,
    issuer,
    statement: {
      predicate: { observed: { requester: payer, taskId: TASK, manifestDigest: MANIFEST, ...observed } },
    },
  } as unknown as AgentStatement;
};

/** The work over one channel, and the steps that it took. */
function workOf(more: Partial<ChannelState> = {}, price?: bigint) {
  const state: ChannelState = { ...initialState('payee', TERMS), phase: 'open', newest, ...more };
  const steps: string[] = [];
  const sides = {
    list: () => [{ state }],
    get: () => state,
    step: async (_: string, __: string, event: ChannelEvent) => {
      steps.push(
        event.type === 'done'
          ? `done ${event.amount}`
          : event.type === 'begin'
            ? `begin ${event.amount}`
            : event.type,
      );
      return { state, messages: [], verdict: { verdict: 'accept' } };
    },
  } as unknown as ChannelSides;
  const vault = { has: (agent: string) => agent === payee } as never;
  const work = new PayeeWork({ sides, vault, log: {} as never, priceOf: () => price });
  return { state, steps, work };
}

describe('work of a payee', () => {
  it('is covered by an offer of an open channel for it, from its payer, in its currency, for as much', async () => {
    const { steps, work } = workOf();
    assert.equal(work.covers(cover), true);
    for (const other of [
      { payer: OTHER },
      { payee: OTHER },
      { task: 'task-2' },
      { amount: OFFERED + 1n },
      { currency: 'OTHER' },
      { condition: null },
    ]) {
      assert.equal(work.covers({ ...cover, ...other }), false, JSON.stringify(Object.keys(other)));
      await assert.rejects(work.begin({ ...cover, ...other }), refused('PAYMENT_REQUIRED'));
    }
    for (const wrong of [
      { phase: 'closing' },
      { phase: 'opening' },
      { side: 'payer' },
      { newest: null },
    ] as const)
      assert.equal(workOf(wrong).work.covers(cover), false, JSON.stringify(Object.keys(wrong)));
    assert.equal(await work.begin(cover), channel);
    assert.deepEqual(steps, [`begin ${OFFERED}`]);
  });

  it('is owed when its receipt is there, for its price, and for no more than was offered', async () => {
    for (const [price, owed] of [
      [4n, 4n],
      [OFFERED + 1n, OFFERED],
      [undefined, OFFERED],
    ] as const) {
      const { steps, work } = workOf({}, price);
      await work.resume();
      work.receipted(receipt());
      await settled();
      assert.deepEqual(steps, [`begin ${owed}`, `done ${owed}`]);
    }
  });

  it('is owed by its payer for its task and manifest, to the agent that did it', async () => {
    const { steps, work } = workOf();
    await work.resume();
    for (const other of [
      { issuer: OTHER },
      { requester: OTHER },
      { taskId: 'task-2' },
      { manifestDigest: `sha256:${'8'.repeat(64)}` },
    ])
      work.receipted(receipt(other));
    await settled();
    assert.deepEqual(steps, []);
    const { steps: paying, work: payers } = workOf({ side: 'payer' });
    await payers.resume();
    payers.receipted(receipt());
    await settled();
    assert.deepEqual(paying, []);
  });

  it('is covered by an offer that came after its payer wanted none of it', async () => {
    const { state, work } = workOf({ newest: null });
    await work.withdraw(channel, signWithdrawal(TERMS, TASK, AGENTS.payer.operational));
    Object.assign(state, { newest });
    assert.equal(work.covers(cover), true, 'what was not offered was not let go');
    await work.withdraw(channel, signWithdrawal(TERMS, TASK, AGENTS.payer.operational));
    assert.equal(work.covers(cover), false);
    work.changed({ ...state, newest: null });
    assert.equal(work.covers(cover), true, 'another offer is another');
  });

  it('is not owed once its offer was let go', async () => {
    const { steps, work } = workOf();
    await work.resume();
    await work.withdraw(channel, signWithdrawal(TERMS, TASK, AGENTS.payer.operational));
    work.receipted(receipt());
    await settled();
    assert.deepEqual(steps, []);
  });

  it('that was done when the node ended is owed after its start, and what only ran is dropped', async () => {
    const done = workOf();
    // The own log is read before the channels are, with the newest receipts at its end.
    for (let n = 0; n < EARLY_RECEIPTS_MAX; n++) done.work.receipted(receipt({ taskId: `old-${n}` }));
    done.work.receipted(receipt());
    done.work.receipted(receipt({ issuer: OTHER }));
    assert.deepEqual(done.steps, []);
    await done.work.resume();
    assert.deepEqual(done.steps, [`begin ${OFFERED}`, `done ${OFFERED}`]);
    const ran = workOf({ work: { [TASK]: { state: 'running' } } });
    await ran.work.resume();
    assert.deepEqual(ran.steps, ['dropped']);
    const due = workOf({ work: { [TASK]: { state: 'due', amount: 1n, receipt: 'r' } } });
    await due.work.resume();
    assert.deepEqual(due.steps, []);
  });

  it('is dropped at the word of its own run alone', async () => {
    const { steps, work } = workOf({ work: { [TASK]: { state: 'running' } } });
    await work.dropped(OTHER, payee, TASK);
    await work.dropped(payer, OTHER, TASK);
    await work.dropped(payer, payee, 'task-2');
    assert.deepEqual(steps, []);
    await work.dropped(payer, payee, TASK);
    assert.deepEqual(steps, ['dropped']);
  });
});
