// A payment channel case by case: what each side takes and refuses, and who gets what at the end.

import assert from 'node:assert/strict';
import {
  type ChannelEvent,
  type ChannelState,
  channelFromStored,
  channelToStored,
  initialState,
  type Offer,
  outcomeOf,
  type Posting,
  type Side,
  signAck,
  signUpdate,
  stepChannel,
  type Update,
} from '../../../protocol/channel/index.ts';
import {
  AGENTS,
  factsOf,
  MANIFEST,
  offerFor,
  postedBy,
  receiptOfTask,
  TERMS,
} from '../../support/channel-world.ts';

const NONE = () => undefined;
const update = (version: number, paid: bigint, offers: readonly Offer[] = [], by: Side = 'payer'): Update =>
  signUpdate(TERMS, { version, paid, offers, pays: [] }, AGENTS[by].operational);
const posting = (by: Side, kind: Posting['kind'], newest: Update | null, more: Partial<Posting> = {}) =>
  postedBy(by, kind, newest, { id: `${by} ${kind} ${newest?.version ?? 0} ${newest?.id ?? ''}`, ...more });

class Both {
  readonly states: Record<Side, ChannelState> = {
    payer: { ...initialState('payer', TERMS), phase: 'open' },
    payee: { ...initialState('payee', TERMS), phase: 'open' },
  };

  /** Takes a step; answers 'accept', or the code of the refusal. */
  step(side: Side, event: ChannelEvent, nowMs = 0): string {
    const context = { nowMs, signer: AGENTS[side].operational, receipts: factsOf };
    const { state, effects, verdict } = stepChannel(this.states[side], event, context);
    this.states[side] = state;
    for (const effect of effects) {
      if (effect.type !== 'send' || effect.message === 'closing') continue;
      const other = side === 'payer' ? 'payee' : 'payer';
      this.step(other, { type: effect.message, envelope: effect.envelope });
    }
    return verdict.verdict === 'accept' ? 'accept' : verdict.code;
  }
}

describe('protocol/channel: steps', () => {
  it('promises, begins, and pays what is owed; keeps what it has through the stored form', () => {
    const both = new Both();
    assert.equal(both.step('payer', { type: 'change', change: { offers: [offerFor(1, 30n)] } }), 'accept');
    assert.equal(both.step('payer', { type: 'change', change: { offers: [offerFor(2, 21n)] } }), 'OVER_STEP');
    const begin = { type: 'begin', task: 'task-1', amount: 30n, condition: MANIFEST } as const;
    assert.equal(both.step('payee', { ...begin, amount: 31n }), 'NOT_COVERED');
    assert.equal(both.step('payee', { ...begin, condition: null }), 'NOT_COVERED');
    assert.equal(both.step('payee', begin), 'accept');
    both.step('payee', { type: 'done', task: 'task-1', amount: 25n, receipt: receiptOfTask(1).id });
    for (const side of ['payer', 'payee'] as const) {
      const stored = JSON.parse(JSON.stringify(channelToStored(both.states[side])));
      assert.deepEqual(channelFromStored(TERMS, stored), both.states[side]);
    }
    const pays = [{ task: 'task-1', amount: 25n, reference: 'r' }];
    assert.equal(both.step('payer', { type: 'change', change: { pays } }), 'accept');
    assert.deepEqual([both.states.payee.newest?.paid, both.states.payee.work], [25n, {}]);
  });

  it('refuses an update that drops running or unpaid work, pays less, or contradicts another', () => {
    const both = new Both();
    both.step('payer', { type: 'change', change: { offers: [offerFor(1, 30n)] } });
    both.step('payee', { type: 'begin', task: 'task-1', amount: 30n, condition: MANIFEST });
    const send = (body: Update) => both.step('payee', { type: 'update', envelope: body.envelope });
    assert.equal(send(update(2, 0n)), 'OFFER_RUNNING');
    both.step('payee', { type: 'done', task: 'task-1', amount: 30n, receipt: 'r' });
    assert.equal(send(update(2, 0n)), 'OFFER_UNPAID');
    assert.equal(send(update(3, 0n, [offerFor(1, 30n)])), 'GAP');
    assert.equal(send(update(2, 10n, [offerFor(1, 30n)])), 'SUM');
    assert.equal(send(update(2, 0n, [offerFor(1, 29n)])), 'OFFER_CHANGED');
    assert.equal(send(update(2, 0n, [offerFor(1, 30n)], 'payee')), 'SIGNATURE');
    assert.equal(send(update(1, 0n, [offerFor(2, 1n)])), 'CONTRADICTION');
    assert.equal(both.states.payee.phase, 'closing');
  });

  it('lets go what it is owed for work that another was paid for: no more than a step in all, and than was paid', () => {
    const both = new Both();
    const work = (task: number, amount: bigint) => {
      const name = `task-${task}`;
      both.step('payer', { type: 'change', change: { offers: [offerFor(task, amount)] } });
      both.step('payee', { type: 'begin', task: name, amount, condition: MANIFEST });
      both.step('payee', { type: 'done', task: name, amount, receipt: receiptOfTask(task).id });
    };
    const withdraw = (task: number) =>
      both.step('payer', { type: 'change', change: { withdraw: [`task-${task}`] } });
    work(0, 20n);
    assert.equal(both.step('payee', { type: 'yield', task: 'task-0' }), 'YIELDED_ENOUGH', 'nothing was paid');
    both.step('payer', {
      type: 'change',
      change: { pays: [{ task: 'task-0', amount: 20n, reference: 'receipt' }] },
    });
    work(1, 20n);
    assert.equal(both.step('payee', { type: 'yield', task: 'task-1' }), 'accept');
    assert.equal(both.step('payee', { type: 'yield', task: 'task-1' }), 'OFFER_UNKNOWN');
    assert.equal(withdraw(1), 'accept');
    assert.deepEqual(both.states.payee.newest?.offers, []);
    const stored = channelFromStored(TERMS, channelToStored(both.states.payee));
    assert.equal(stored.yielded, 20n);
    const { yielded: _, ...older } = channelToStored(both.states.payee);
    assert.equal(channelFromStored(TERMS, older).yielded, 0n, 'sides of earlier versions are read');
    work(2, 1n);
    assert.equal(both.step('payee', { type: 'yield', task: 'task-2' }), 'YIELDED_ENOUGH', 'as much was paid');
    assert.equal(both.step('payer', { type: 'yield', task: 'task-2' }), 'OFFER_UNKNOWN');
  });

  it('signs nothing that the payee could not read: its channel would be blocked for good', () => {
    const both = new Both();
    const pay = (reference: string) =>
      both.step('payer', { type: 'change', change: { pays: [{ task: null, amount: 1n, reference }] } });
    for (const reference of ['two words', '', 'r'.repeat(129), 'ü'])
      assert.equal(pay(reference), 'MALFORMED');
    const nothing = { ...offerFor(1, 30n), amount: 0n };
    assert.equal(both.step('payer', { type: 'change', change: { offers: [nothing] } }), 'MALFORMED');
    assert.equal(pay('r'), 'accept');
    assert.equal(both.states.payee.newest?.paid, 1n);
  });

  it('signs one update at a time, and none once it has signed the end', () => {
    const both = new Both();
    const context = { nowMs: 0, signer: AGENTS.payer.operational, receipts: NONE };
    const pay = { type: 'change', change: { pays: [{ task: null, amount: 1n, reference: 'r' }] } } as const;
    const { state } = stepChannel(both.states.payer, pay, context);
    const again = stepChannel(state, pay, context).verdict;
    assert.deepEqual(
      [again.verdict, again.verdict === 'accept' ? '' : again.code],
      ['reject', 'UNACKNOWLEDGED'],
    );
    assert.equal(both.step('payer', { type: 'propose-end' }), 'accept');
    assert.equal(both.step('payer', pay), 'NOT_OPEN');
  });

  it('answers an old state, and settles when the time to dispute is over', () => {
    const both = new Both();
    both.step('payer', { type: 'change', change: { pays: [{ task: null, amount: 40n, reference: 'r' }] } });
    const context = { nowMs: 5_000, signer: AGENTS.payee.operational, receipts: NONE };
    const cheat = posting('payer', 'unilateral', null, { issuedAtMs: 1_000 });
    const seen = stepChannel(both.states.payee, { type: 'posted', posting: cheat }, context);
    assert.deepEqual(
      seen.effects.map((effect) =>
        effect.type === 'post' ? `${effect.kind} ${effect.update?.version}` : effect,
      ),
      ['dispute 1', { type: 'wake', atMs: 65_000 }],
    );
    const own = posting('payee', 'dispute', both.states.payee.newest);
    const known = stepChannel(seen.state, { type: 'posted', posting: own }, context).state;
    const late = stepChannel(known, { type: 'tick' }, { ...context, nowMs: 65_000 });
    assert.deepEqual(
      late.effects.map((effect) => (effect.type === 'post' ? effect.kind : '')),
      ['settle'],
    );
  });
});

describe('protocol/channel: the end', () => {
  const [one, two] = [update(1, 20n, [offerFor(1, 30n)]), update(2, 50n)];
  const shares = (postings: readonly Posting[], receipts = factsOf) => {
    const { payer, payee, penalised } = outcomeOf(TERMS, postings, true, receipts);
    assert.equal(payer + payee, TERMS.escrow + TERMS.deposit);
    return [payee - TERMS.deposit, penalised.join()];
  };

  it('costs a payer the penalty for what is older than its newest word', () => {
    assert.deepEqual(shares([posting('payer', 'unilateral', two)]), [50n, '']);
    assert.deepEqual(shares([posting('payer', 'unilateral', one), posting('payee', 'dispute', two)]), [
      150n,
      'payer',
    ]);
    const ack = signAck(TERMS, two, AGENTS.payee.operational);
    assert.deepEqual(shares([posting('payer', 'unilateral', one, { ack })]), [120n, 'payer']);
    const other = update(2, 45n);
    assert.deepEqual(shares([posting('payer', 'unilateral', two), posting('payee', 'dispute', other)]), [
      150n,
      'payer',
    ]);
  });

  it('costs a payer nothing for what only the payee has signed: an acknowledgement of a version that never was', () => {
    const forged = signAck(TERMS, { ...two, version: 9 }, AGENTS.payee.operational);
    for (const kind of ['settle', 'dispute', 'unilateral'] as const) {
      const shown = [posting('payer', 'unilateral', two), posting('payee', kind, two, { ack: forged })];
      assert.deepEqual(shares(shown), kind === 'settle' ? [50n, ''] : [-50n, 'payee']);
    }
  });

  it('costs a payee the penalty for what it has given up, which then does not count', () => {
    const ack = signAck(TERMS, two, AGENTS.payee.operational);
    const claims = [{ task: 'task-1', receipt: receiptOfTask(1).id }];
    const better = update(1, 20n, [offerFor(1, 49n)]);
    const old = posting('payee', 'unilateral', better, { claims });
    assert.deepEqual(shares([old]), [69n, '']);
    assert.deepEqual(shares([old, posting('payer', 'dispute', two, { ack })]), [-50n, 'payee']);
  });

  it('pays a claim only for a receipt of the payee for that task, manifest and requester', () => {
    const claim = (task: number, receipt: number) =>
      posting('payee', 'unilateral', one, {
        claims: [{ task: `task-${task}`, receipt: receiptOfTask(receipt).id }],
      });
    assert.deepEqual(shares([claim(1, 1)]), [50n, '']);
    assert.deepEqual(shares([claim(1, 2)]), [20n, '']);
    assert.deepEqual(shares([claim(2, 2)]), [20n, '']);
    assert.deepEqual(shares([claim(1, 1)], NONE as never), [20n, '']);
  });

  it('is final when the time to dispute is over by the dates of both statements', () => {
    const close = posting('payee', 'unilateral', two, { issuedAtMs: 1_000 });
    const settle = (issuedAtMs: number) => posting('payer', 'settle', null, { issuedAtMs });
    const isFinal = (postings: Posting[]) => outcomeOf(TERMS, postings, true, NONE).final;
    assert.deepEqual(
      [isFinal([close]), isFinal([close, settle(60_999)]), isFinal([close, settle(61_000)])],
      [false, false, true],
    );
    assert.equal(isFinal([settle(99_000)]), false);
  });
});
