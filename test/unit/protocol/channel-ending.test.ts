// How one side ends a channel: what it signs and posts, what it answers, and what it does again after a restart.

import assert from 'node:assert/strict';
import {
  type ChannelEvent,
  type ChannelState,
  channelFromStored,
  channelToStored,
  type Effect,
  initialState,
  OFFERS_MAX,
  type Offer,
  POSTINGS_PER_SIDE_MAX,
  type Posting,
  pendingEffects,
  type Side,
  signAck,
  signClosing,
  signUpdate,
  stepChannel,
  type Update,
} from '../../../protocol/channel/index.ts';
import { AGENTS, factsOf, offerFor, postedBy, receiptOfTask, TERMS } from '../../support/channel-world.ts';

const update = (version: number, paid: bigint, offers: readonly Offer[] = []): Update =>
  signUpdate(
    TERMS,
    { version, paid, offers, pays: [{ task: null, amount: paid, reference: 'r' }] },
    AGENTS.payer.operational,
  );
const [ONE, TWO] = [update(1, 10n), update(2, 20n)];
const ackOf = (of: Update) => signAck(TERMS, of, AGENTS.payee.operational);
const open = (side: Side, more: Partial<ChannelState> = {}): ChannelState => ({
  ...initialState(side, TERMS),
  phase: 'open',
  ...more,
});
/** A side that has this update, signed and acknowledged. */
const at = (side: Side, newest: Update, more: Partial<ChannelState> = {}) =>
  open(side, { newest, ack: ackOf(newest), ...more });

const seen = (one: Posting, replayed?: boolean): ChannelEvent => ({
  type: 'posted',
  posting: one,
  ...(replayed === undefined ? {} : { replayed }),
});
const endOf = (by: Side, version: number, paid: bigint): ChannelEvent => ({
  type: 'end-proposed',
  envelope: signClosing(TERMS, { version, paid }, AGENTS[by].operational).envelope,
});

const wordOf = (effect: Effect): string =>
  effect.type === 'post'
    ? `${effect.kind} ${effect.update?.version ?? '-'}`
    : effect.type === 'send'
      ? effect.message
      : effect.type === 'wake'
        ? `wake ${effect.atMs}`
        : effect.type;

/** What came of events: the verdict on the last of them, what it wanted done, and the state after it. */
function take(state: ChannelState, events: readonly ChannelEvent[], nowMs = 0) {
  let [next, code, effects]: [ChannelState, string, readonly Effect[]] = [state, '', []];
  for (const event of events) {
    const context = { nowMs, signer: AGENTS[state.side].operational, receipts: factsOf };
    const step = stepChannel(next, event, context);
    ({ state: next, effects } = step);
    code = step.verdict.verdict === 'accept' ? 'accept' : step.verdict.code;
  }
  return { code, words: effects.map(wordOf), state: next };
}

describe('protocol/channel: an end that both sign', () => {
  const propose: ChannelEvent = { type: 'propose-end' };

  it('is proposed while nothing is under way, over and over the same, and never once another end has begun', () => {
    const first = take(at('payer', ONE), [propose]);
    assert.deepEqual([first.code, first.words, first.state.phase], ['accept', ['closing'], 'closing']);
    const again = take(first.state, [propose]);
    assert.deepEqual([again.code, again.state], ['accept', first.state]);
    const settled = take({ ...first.state, phase: 'settled' }, [propose]);
    assert.deepEqual([settled.code, settled.state.phase], ['accept', 'settled']);
    assert.equal(take(at('payer', ONE, { ack: null }), [propose]).code, 'UNACKNOWLEDGED');
    for (const phase of ['opening', 'closing', 'settled'] as const)
      assert.equal(take(at('payer', ONE, { phase }), [propose]).code, 'NOT_OPEN', phase);
  });

  it('is taken where it is the same on both sides and nothing is promised, and binds who took it', () => {
    const taken = take(at('payee', ONE), [endOf('payer', 1, 10n)]);
    assert.deepEqual([taken.code, taken.words, taken.state.phase], ['accept', ['cooperative 1'], 'closing']);
    assert.equal(taken.state.closing?.paid, 10n);
    for (const [version, paid] of [
      [1, 9n],
      [1, 11n],
      [2, 10n],
    ] as const)
      assert.equal(take(at('payee', ONE), [endOf('payer', version, paid)]).code, 'OTHER_END');
    const promised = at('payee', update(1, 10n, [offerFor(1, 5n)]));
    assert.equal(take(promised, [endOf('payer', 1, 10n)]).code, 'OTHER_END', 'what is promised may be owed');
    assert.equal(take(at('payer', ONE, { ack: null }), [endOf('payee', 1, 10n)]).code, 'OTHER_END');
    assert.equal(take(at('payee', ONE), [endOf('payee', 1, 10n)]).code, 'SIGNATURE');
    for (const phase of ['opening', 'settled'] as const)
      assert.equal(take(at('payee', ONE, { phase }), [endOf('payer', 1, 10n)]).code, 'NOT_OPEN', phase);
  });
});

describe('protocol/channel: an end that is posted', () => {
  it('is posted once, and not after the end', () => {
    const closed = take(at('payer', ONE), [{ type: 'close' }]);
    assert.deepEqual([closed.words, closed.state.phase], [['unilateral 1'], 'closing']);
    const known = take(closed.state, [seen(postedBy('payee', 'unilateral', ONE)), { type: 'close' }]);
    assert.deepEqual([known.code, known.words], ['KNOWN', []]);
    const over = take(at('payer', ONE, { phase: 'settled' }), [{ type: 'close' }]);
    assert.deepEqual([over.code, over.words], ['NOT_OPEN', []]);
  });

  it('is begun by whoever sees a word that ends nothing', () => {
    assert.deepEqual(take(at('payee', ONE), [seen(postedBy('payer', 'dispute', ONE))]).words, [
      'unilateral 1',
    ]);
  });

  it('is not answered while the logs are read, and then once', () => {
    const old = postedBy('payer', 'unilateral', null);
    const read = take(at('payee', ONE), [seen(old, true)]);
    assert.deepEqual([read.words, read.state.phase], [[], 'closing']);
    const [answer, wake] = take(read.state, [{ type: 'tick' }]).words;
    assert.deepEqual([answer, wake], ['dispute 1', `wake ${TERMS.disputeMs}`]);
    const own = postedBy('payee', 'dispute', ONE, { ack: ackOf(ONE) });
    assert.deepEqual(take(read.state, [seen(own, true), { type: 'tick' }]).words, [wake]);
  });

  it('waits from the first close that it saw, not from what came before or after', () => {
    const [dispute, close, later] = [
      postedBy('payer', 'dispute', ONE),
      postedBy('payer', 'unilateral', ONE),
      postedBy('payee', 'unilateral', ONE, { issuedAtMs: 9_000 }),
    ];
    const disputed = take(at('payee', ONE), [seen(dispute)], 1_000).state;
    const closing = take(disputed, [seen(close)], 2_000);
    assert.deepEqual(closing.words, [`wake ${2_000 + TERMS.disputeMs}`]);
    assert.deepEqual(take(closing.state, [seen(later)], 5_000).words, closing.words);
  });

  it('is not settled in the breath in which there is something to say, and told once', () => {
    const due = TERMS.disputeMs;
    const late = take(at('payee', ONE), [seen(postedBy('payer', 'unilateral', null))]).state;
    assert.deepEqual(take(late, [{ type: 'tick' }], due).words, ['dispute 1', `wake ${due + 1}`]);
    const over = [
      postedBy('payer', 'unilateral', ONE),
      postedBy('payer', 'settle', null, { issuedAtMs: due }),
    ].map((one) => seen(one));
    const settled = take(at('payee', ONE), over);
    assert.deepEqual([settled.words, settled.state.phase], [['settled'], 'settled']);
    const more = take(settled.state, [seen(postedBy('payer', 'settle', null, { issuedAtMs: due + 1 }))]);
    assert.deepEqual([more.words, more.state.phase], [[], 'settled']);
    assert.equal(take(more.state, [{ type: 'tick' }]).code, 'NOT_OPEN');
  });

  it('claims at once what is done after it', () => {
    const promised = at('payee', update(1, 10n, [offerFor(1, 5n)]), {
      work: { 'task-1': { state: 'running' } },
    });
    const closing = take(promised, [seen(postedBy('payer', 'unilateral', promised.newest))]);
    assert.deepEqual(closing.words, [`wake ${TERMS.disputeMs}`]);
    const { id: receipt } = receiptOfTask(1);
    const done = take(closing.state, [{ type: 'done', task: 'task-1', amount: 5n, receipt }]);
    assert.equal(done.words[0], 'dispute 1');
  });

  it('claims all that is done after it, however much that is: what it has no words for waits for company', () => {
    const tasks = Array.from({ length: OFFERS_MAX }, (_, n) => `task-${n}`);
    const newest = update(
      1,
      10n,
      tasks.map((_, n) => offerFor(n, 1n)),
    );
    const work = Object.fromEntries(tasks.map((task) => [task, { state: 'running' as const }]));
    const closed = [seen(postedBy('payer', 'unilateral', newest))];
    let { state } = take(at('payee', newest, { work }), closed);
    const claimed = new Set<string>();
    const speak = (events: readonly ChannelEvent[], nowMs: number) => {
      const context = { nowMs, signer: AGENTS.payee.operational, receipts: factsOf };
      for (const event of events) {
        const step = stepChannel(state, event, context);
        ({ state } = step);
        for (const one of step.effects) {
          if (one.type !== 'post') continue;
          for (const { task } of one.claims) claimed.add(task);
          const { ack, claims, kind, update: shown } = one;
          ({ state } = take(state, [seen(postedBy('payee', kind, shown, { ack, claims }), true)]));
        }
      }
    };
    for (const [n, task] of tasks.entries())
      speak([{ type: 'done', task, amount: 1n, receipt: receiptOfTask(n).id }], 1_000 * n);
    assert.equal(claimed.size, OFFERS_MAX);
    assert.ok(state.postings.filter(({ by }) => by === 'payee').length < POSTINGS_PER_SIDE_MAX - 1);
    // What is still running when the time is over keeps nothing back.
    state = take(at('payee', newest, { work }), closed).state;
    claimed.clear();
    for (const [n, task] of tasks.slice(1).entries())
      speak([{ type: 'done', task, amount: 1n, receipt: receiptOfTask(n + 1).id }], 1_000 * n);
    speak([{ type: 'tick' }], TERMS.disputeMs);
    assert.equal(claimed.size, OFFERS_MAX - 1);
  });

  it('holds so many words of each side, and one place for the last of the own', () => {
    const words = (by: Side, many: number) =>
      Array.from({ length: many }, () => seen(postedBy(by, 'unilateral', ONE)));
    const full = take(at('payee', ONE), words('payer', POSTINGS_PER_SIDE_MAX));
    assert.equal(full.code, 'accept');
    assert.equal(take(full.state, words('payer', 1)).code, 'FULL');
    assert.equal(take(full.state, words('payee', 1)).code, 'accept');
    const old = seen(postedBy('payer', 'unilateral', null));
    const own = (many: number) => Array.from({ length: many }, () => seen(postedBy('payee', 'settle', null)));
    const spoken = take(at('payee', ONE), [...own(POSTINGS_PER_SIDE_MAX - 2), old]).words;
    assert.equal(spoken[0], 'dispute 1');
    const last = take(at('payee', ONE), [...own(POSTINGS_PER_SIDE_MAX - 1), old]).words;
    assert.deepEqual(last, [`wake ${TERMS.disputeMs}`]);
  });
});

describe('protocol/channel: a payer of two words', () => {
  const other = update(2, 15n);
  const twoFaced = take(at('payee', TWO), [{ type: 'update', envelope: other.envelope }]);

  it('is shown up once, beside the newest state', () => {
    assert.deepEqual([twoFaced.code, twoFaced.words], ['CONTRADICTION', ['unilateral 2']]);
    const own = seen(postedBy('payee', 'unilateral', TWO, { ack: ackOf(TWO) }));
    const shown = take(twoFaced.state, [own]);
    assert.equal(shown.words[0], 'dispute 2');
    const stands = take(shown.state, [seen(postedBy('payee', 'dispute', other))]);
    assert.deepEqual(stands.words, [`wake ${TERMS.disputeMs}`]);
    const third = update(2, 16n);
    const kept = take(twoFaced.state, [{ type: 'update', envelope: third.envelope }]);
    assert.equal(kept.state.contradiction?.id, other.id);
  });

  it('is not shown up by a word that this side has given up since: that would be held against it', () => {
    const state = at('payee', TWO, { contradiction: update(1, 5n) });
    const close = postedBy('payee', 'unilateral', TWO, { ack: ackOf(TWO) });
    assert.deepEqual(take(state, [seen(close)]).words, [`wake ${TERMS.disputeMs}`]);
  });
});

describe('protocol/channel: after a restart', () => {
  const again = (state: ChannelState) =>
    pendingEffects(channelFromStored(TERMS, channelToStored(state))).map(wordOf);

  it('a payer sends again what was not acknowledged, while the channel is open', () => {
    assert.deepEqual(again(at('payer', TWO, { ack: ackOf(ONE) })), ['update']);
    assert.deepEqual(again(at('payer', TWO)), []);
    assert.deepEqual(again(at('payee', TWO)), []);
  });

  it('an end that was begun and not posted is, and a proposal is sent again', () => {
    assert.deepEqual(again(take(at('payee', ONE), [{ type: 'close' }]).state), ['unilateral 1']);
    const unsent = at('payer', TWO, { ack: ackOf(ONE), phase: 'closing' });
    assert.deepEqual(again(unsent), ['unilateral 2']);
    assert.deepEqual(again(take(at('payer', ONE), [{ type: 'propose-end' }]).state), ['closing']);
    assert.deepEqual(again(take(at('payee', ONE), [endOf('payer', 1, 10n)]).state), ['closing']);
    assert.deepEqual(again(at('payee', ONE, { phase: 'settled' })), []);
  });

  it('nothing is begun again of which the logs tell', () => {
    const begun = take(at('payee', ONE), [
      { type: 'propose-end' },
      seen(postedBy('payer', 'dispute', ONE)),
    ]).state;
    assert.deepEqual(pendingEffects(begun), []);
  });

  it('keeps when the close was seen, and the proof of two words', () => {
    const closing = take(at('payee', ONE), [seen(postedBy('payer', 'unilateral', ONE))], 7_000).state;
    assert.equal(channelFromStored(TERMS, channelToStored(closing)).closeSeenMs, 7_000);
    const other = update(1, 9n);
    const { state } = take(at('payee', ONE), [{ type: 'update', envelope: other.envelope }]);
    const stored = channelFromStored(TERMS, channelToStored(state));
    assert.deepEqual([stored.contradiction?.id, stored.phase], [other.id, 'closing']);
  });

  it('an acceptance that comes late opens nothing again', () => {
    const { code, state } = take(at('payer', ONE, { phase: 'closing' }), [{ type: 'accepted' }]);
    assert.deepEqual([code, state.phase], ['KNOWN', 'closing']);
  });
});
