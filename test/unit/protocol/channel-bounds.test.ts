// What each side of a payment channel refuses at its bounds: nobody promises, pays, owes or lets go more than the terms say.

import assert from 'node:assert/strict';
import {
  type ChannelEvent,
  type ChannelState,
  initialState,
  type Offer,
  type Pay,
  type Posting,
  type Side,
  signAck,
  signClosing,
  signUpdate,
  stepChannel,
  type Update,
} from '../../../protocol/channel/index.ts';
import { AGENTS, factsOf, MANIFEST, receiptOfTask, STEP, TERMS } from '../../support/channel-world.ts';

const CAPACITY = TERMS.escrow - TERMS.penalty;
const open = (side: Side): ChannelState => ({ ...initialState(side, TERMS), phase: 'open' });
const offer = (task: number, amount: bigint): Offer => ({
  task: `task-${task}`,
  amount,
  condition: MANIFEST,
});
const pay = (amount: bigint, task: string | null = null): Pay => ({ task, amount, reference: 'r' });
const update = (
  version: number,
  paid: bigint,
  offers: readonly Offer[] = [],
  pays: readonly Pay[] = [],
): Update => signUpdate(TERMS, { version, paid, offers, pays }, AGENTS.payer.operational);

/** The verdict on a step from a state, and the state after it. */
function take(state: ChannelState, event: ChannelEvent, nowMs = 0): [string, ChannelState] {
  const context = { nowMs, signer: AGENTS[state.side].operational, receipts: factsOf };
  const step = stepChannel(state, event, context);
  return [step.verdict.verdict === 'accept' ? 'accept' : step.verdict.code, step.state];
}

/** A side after events that it takes, each of them. */
function through(state: ChannelState, ...events: readonly ChannelEvent[]): ChannelState {
  return events.reduce((before, event) => {
    const [code, next] = take(before, event);
    assert.equal(code, 'accept', event.type);
    return next;
  }, state);
}

const sent = (body: Update): ChannelEvent => ({ type: 'update', envelope: body.envelope });
const begin = (task: number, amount: bigint): ChannelEvent => ({
  type: 'begin',
  task: `task-${task}`,
  amount,
  condition: MANIFEST,
});
const done = (task: number, amount: bigint): ChannelEvent => ({
  type: 'done',
  task: `task-${task}`,
  amount,
  receipt: receiptOfTask(task).id,
});

/** A payee that was paid all but `left` of what the channel holds. */
function paidUp(left: bigint): { state: ChannelState; paid: bigint; version: number } {
  let [state, paid, version] = [open('payee'), 0n, 0];
  for (const amount of [...Array<bigint>(Number(CAPACITY / STEP) - 1).fill(STEP), STEP - left]) {
    paid += amount;
    version += 1;
    state = through(state, sent(update(version, paid, [], [pay(amount)])));
  }
  return { state, paid, version };
}

describe('protocol/channel: bounds of what is promised and paid', () => {
  it('one step is paid at once, and no more than the escrow without the penalty', () => {
    assert.equal(take(open('payee'), sent(update(1, STEP, [], [pay(STEP)])))[0], 'accept');
    assert.equal(take(open('payee'), sent(update(1, STEP + 1n, [], [pay(STEP + 1n)])))[0], 'OVER_STEP');
    const { paid, state, version } = paidUp(10n);
    const next = (amount: bigint) => sent(update(version + 1, paid + amount, [], [pay(amount)]));
    assert.equal(take(state, next(10n))[0], 'accept');
    assert.equal(take(state, next(11n))[0], 'OVER_ESCROW', 'the penalty is not to be paid out');
  });

  it('what is promised counts as paid: the escrow covers both', () => {
    const { paid, state, version } = paidUp(10n);
    const next = (amount: bigint) => sent(update(version + 1, paid, [offer(1, amount)]));
    assert.equal(take(state, next(10n))[0], 'accept');
    assert.equal(take(state, next(11n))[0], 'OVER_ESCROW');
  });

  it('a task is promised once, paid out of its offer, and not paid and promised in one breath', () => {
    const promised = through(open('payee'), sent(update(1, 0n, [offer(1, 20n)])));
    assert.equal(take(promised, sent(update(2, 5n, [offer(1, 20n)], [pay(5n, 'task-1')])))[0], 'OFFER_KNOWN');
    assert.equal(
      take(promised, sent(update(2, 5n, [offer(1, 20n)], [pay(5n, 'task-2')])))[0],
      'OFFER_UNKNOWN',
    );
    const payer = { ...open('payer'), newest: update(1, 0n, [offer(1, 20n)]) };
    const ack = signAck(TERMS, payer.newest, AGENTS.payee.operational);
    const again = { type: 'change', change: { offers: [offer(1, 20n)] } } as const;
    assert.equal(take({ ...payer, ack }, again)[0], 'OFFER_KNOWN');
  });

  it('what was paid is not taken back, also where the sums agree', () => {
    const paid = through(open('payee'), sent(update(1, 30n, [], [pay(30n)])));
    assert.equal(take(paid, sent(update(2, 20n)))[0], 'PAID_LESS');
  });

  it('an acknowledgement is of the very update that was signed, and counts once', () => {
    const newest = update(1, 5n, [], [pay(5n)]);
    const payer = { ...open('payer'), newest };
    const ackOf = (body: Update): ChannelEvent => ({
      type: 'ack',
      envelope: signAck(TERMS, body, AGENTS.payee.operational).envelope,
    });
    assert.equal(take(payer, ackOf(update(1, 6n, [], [pay(6n)])))[0], 'CONTRADICTION');
    const [code, acked] = take(payer, ackOf(newest));
    assert.equal(code, 'accept');
    assert.equal(take(acked, ackOf(newest))[0], 'KNOWN');
  });
});

describe('protocol/channel: bounds of what is owed', () => {
  const promised = () => through(open('payee'), sent(update(1, 0n, [offer(1, 30n)])));

  it('no more is owed than was offered', () => {
    const running = through(promised(), begin(1, 30n));
    assert.equal(take(running, done(1, 31n))[0], 'NOT_COVERED');
    assert.equal(take(running, done(1, 30n))[0], 'accept');
  });

  it('what has a receipt stays owed: no second beginning and no run that came to nothing undoes it', () => {
    const due = through(promised(), begin(1, 30n), done(1, 30n));
    for (const event of [begin(1, 30n), { type: 'dropped', task: 'task-1' } as const]) {
      const [code, state] = take(due, event);
      assert.notEqual(code, 'accept', event.type);
      assert.deepEqual(state.work, due.work);
    }
  });

  it('one step is let go at most, whatever was paid, and nothing once the end has begun', () => {
    let state = through(open('payee'), sent(update(1, STEP, [], [pay(STEP)])));
    state = through(state, sent(update(2, 2n * STEP, [], [pay(STEP)])));
    const yieldOf = (task: number): ChannelEvent => ({ type: 'yield', task: `task-${task}` });
    state = through(state, sent(update(3, 2n * STEP, [offer(1, STEP - 1n), offer(2, 1n)])));
    state = through(state, begin(1, STEP - 1n), done(1, STEP - 1n), begin(2, 1n), done(2, 1n));
    assert.equal(take({ ...state, phase: 'closing' }, yieldOf(1))[0], 'NOT_OPEN');
    state = through(state, yieldOf(1), yieldOf(2));
    state = through(state, sent(update(4, 2n * STEP, [offer(3, 1n)])), begin(3, 1n), done(3, 1n));
    assert.equal(take(state, yieldOf(3))[0], 'YIELDED_ENOUGH');
  });
});

describe('protocol/channel: bounds of the end', () => {
  const close: Posting = {
    id: 'close',
    by: 'payer',
    kind: 'unilateral',
    update: null,
    ack: null,
    agreement: null,
    claims: [],
    issuedAtMs: 1_000,
  };

  it('no end is proposed over what is promised', () => {
    const promised = through(open('payee'), sent(update(1, 0n, [offer(1, 30n)])));
    assert.equal(take(promised, { type: 'propose-end' })[0], 'UNACKNOWLEDGED');
  });

  it('no end is signed with a side that has posted an old state: it would be spared the penalty', () => {
    const newest = update(1, 30n, [], [pay(30n)]);
    const end = (by: Side): ChannelEvent => ({
      type: 'end-proposed',
      envelope: signClosing(TERMS, { version: 1, paid: 30n }, AGENTS[by].operational).envelope,
    });
    const posted = (by: Side, shown: Update | null): ChannelEvent => ({
      type: 'posted',
      posting: { ...close, by, update: shown },
    });
    const paid = through(open('payee'), sent(newest));
    assert.equal(take(through(paid, posted('payer', newest)), end('payer'))[0], 'accept');
    assert.equal(take(through(paid, posted('payer', null)), end('payer'))[0], 'OTHER_END');
    const ack = signAck(TERMS, newest, AGENTS.payee.operational);
    const payer: ChannelState = { ...open('payer'), newest, ack };
    assert.equal(take(through(payer, posted('payee', newest)), end('payee'))[0], 'accept');
    assert.equal(take(through(payer, posted('payee', null)), end('payee'))[0], 'OTHER_END');
  });

  it('a posting counts once, and nobody settles before the time to dispute is over', () => {
    const seen = through(open('payee'), { type: 'posted', posting: close });
    assert.equal(take(seen, { type: 'posted', posting: close })[0], 'KNOWN');
    const context = { signer: AGENTS.payee.operational, receipts: factsOf };
    const at = (nowMs: number) =>
      stepChannel(seen, { type: 'tick' }, { ...context, nowMs }).effects.map((effect) =>
        effect.type === 'post' ? effect.kind : effect.type,
      );
    const due = close.issuedAtMs + TERMS.disputeMs;
    assert.deepEqual([at(due - 1), at(due)], [['wake'], ['settle']]);
  });
});
