// The two desks of channels: what a payer does in which order before money is bound, and what a payee takes part in.

import assert from 'node:assert/strict';
import { OPENING_WAIT_MS_MAX, OPENINGS_WAITING_MAX, SEND_TRIES } from '../../../node/payments/limits.ts';
import { PayeeDesk, type PayeeDeskDeps } from '../../../node/payments/payee-desk.ts';
import { PayerDesk, type PayerDeskDeps, type Wanted } from '../../../node/payments/payer-desk.ts';
import {
  type ChannelEvent,
  type ChannelState,
  initialState,
  signAck,
  signUpdate,
  termsOf,
} from '../../../protocol/channel/index.ts';
import { type Envelope, encodeEnvelope } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { CHANNEL_ACCEPT_PREDICATE } from '../../../protocol/statement/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { AGENTS, BEGINNING, MANIFEST, openingOf, START_MS, say, TERMS } from '../../support/channel-world.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const { channel, currency, payee, payer } = TERMS;
const open = BEGINNING.payer[1]!.envelope;
const offer = { task: 'task-1', amount: 5n, condition: MANIFEST };
const ONE = signUpdate(TERMS, { version: 1, paid: 0n, offers: [offer], pays: [] }, AGENTS.payer.operational);
const acked = { newest: ONE, ack: signAck(TERMS, ONE, AGENTS.payee.operational) };

/** The desk of a payer, what it did in its order, and what others answer it. */
function payerOf(more: Partial<ChannelState> = {}, available = 1_000n) {
  const done: string[] = [];
  let state: ChannelState | undefined;
  const answers = {
    open: (id: string): Envelope =>
      say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: id }, START_MS).envelope,
    other: (): Uint8Array => encodeEnvelope(acked.ack.envelope),
  };
  let quarantined: { detail: string } | undefined;
  const set = (phase: ChannelState['phase']) => {
    state = { ...initialState('payer', TERMS), ...more, phase };
  };
  const desk = new PayerDesk({
    sides: {
      list: () => (state === undefined ? [] : [{ open, state }]),
      get: () => state,
      add: async (_: string, terms: typeof TERMS) => {
        state = { ...initialState('payer', terms) };
        done.push('held');
      },
      step: async (_: string, __: string, event: ChannelEvent) => {
        done.push(event.type);
        return { state, messages: [], verdict: { verdict: 'accept' } };
      },
    },
    // Both live here, so that what is said needs no network.
    vault: {
      get: () => ({ keychain: AGENTS.payer.keychain, operationalSeed: seed(12) }),
      has: () => true,
    },
    cards: {
      known: () => undefined,
      resolve: async () => ({ card: { operationalKey: TERMS.payeeKey } }),
    },
    payee: {
      answer: async ({ channel: id, verb }: { channel: string; verb: string }) => {
        done.push(`say ${verb}`);
        return verb === 'open' ? encodeEnvelope(answers.open(id)) : answers.other();
      },
    },
    ownLog: { append: async () => void done.push('logged') },
    quarantines: { agent: () => quarantined },
    ledger: { available: () => available },
    limits: { escrow: '600', step: '50', penalty: '100', disputeSeconds: 60 },
    clock: { now: () => START_MS, after: () => () => {} },
  } as unknown as PayerDeskDeps);
  return {
    answers,
    desk,
    done,
    set,
    quarantine: () => {
      quarantined = { detail: 'kept apart' };
    },
  };
}

describe('the desk of a payer', () => {
  const wanted: Wanted = { payer, payee, currency };

  it('remembers a channel before its escrow is bound, and asks for it after', async () => {
    const { desk, done } = payerOf();
    await desk.open(wanted);
    assert.deepEqual(done, ['held', 'logged', 'say open', 'accepted']);
  });

  it('binds no money for whom it does not trust, that it has not, or under terms that nothing is paid by', async () => {
    const apart = payerOf();
    apart.quarantine();
    await assert.rejects(apart.desk.open(wanted), refused('QUARANTINED'));
    const poor = payerOf({}, 599n);
    await assert.rejects(poor.desk.open(wanted), refused('FUNDS_MISSING'));
    const vain = payerOf();
    await assert.rejects(vain.desk.open({ ...wanted, step: 0n }), refused('STATEMENT_INVALID'));
    for (const { done } of [apart, poor, vain]) assert.deepEqual(done, []);
  });

  it('believes an acceptance of the payee alone', async () => {
    const { answers, desk, done } = payerOf();
    answers.open = () => say('payee', CHANNEL_ACCEPT_PREDICATE, { channel }, START_MS).envelope;
    await assert.rejects(desk.open(wanted), refused('STATEMENT_INVALID'));
    assert.equal(done.includes('accepted'), false);
  });

  it('opens no second channel while one is not accepted, but where it never will be', async () => {
    const { answers, desk, done, set } = payerOf();
    set('opening');
    answers.open = () => {
      throw new ZeroError('PEER_UNREACHABLE', 'away');
    };
    await assert.rejects(desk.ensure(wanted, 5n), refused('PEER_UNREACHABLE'));
    assert.deepEqual(done, ['say open']);
    answers.open = (id) => {
      answers.open = () => say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: id }, START_MS).envelope;
      throw new ZeroError('CHANNEL_REFUSED', 'not here');
    };
    await assert.rejects(desk.ensure(wanted, 5n), refused('STATEMENT_INVALID'));
    assert.deepEqual(done.slice(1, 5), ['say open', 'held', 'logged', 'say open']);
  });

  it('signs no promise away before the payee lets it go', async () => {
    const { answers, desk, done, set } = payerOf(acked);
    set('open');
    answers.other = () => {
      throw new ZeroError('CHANNEL_REFUSED', 'it has begun');
    };
    await assert.rejects(desk.withdraw(channel, 'task-1'), refused('CHANNEL_REFUSED'));
    assert.deepEqual(done, ['say withdraw']);
    answers.other = () => new Uint8Array();
    await desk.withdraw(channel, 'task-1');
    assert.deepEqual(done.slice(1), ['say withdraw', 'change']);
    await desk.withdraw(channel, 'task-2');
    assert.equal(done.length, 3, 'what is not promised is not asked for');
  });

  it('promises once what it has promised, and pays once what it has paid', async () => {
    const { desk, done, set } = payerOf(acked);
    set('open');
    await desk.offer(channel, offer);
    await desk.pay(channel, { task: 'task-2', amount: 5n, reference: 'r' });
    assert.deepEqual(done, []);
    await desk.offer(channel, { ...offer, amount: 6n });
    assert.deepEqual(done, ['change'], 'another promise is not the same');
  });

  it('sends what is not acknowledged some times, and has it stand', async () => {
    const { answers, desk, done, set } = payerOf({ newest: ONE });
    set('open');
    answers.other = () => {
      throw new ZeroError('PEER_UNREACHABLE', 'away');
    };
    await assert.rejects(desk.flush(channel), refused('PEER_UNREACHABLE'));
    assert.deepEqual(done, Array(SEND_TRIES).fill('say update'));
    answers.other = () => encodeEnvelope(acked.ack.envelope);
    await desk.flush(channel);
    assert.deepEqual(done.slice(SEND_TRIES), ['say update', 'ack']);
  });
});

describe('the desk of a payee', () => {
  /** A desk whose ledger has the escrow of the channel. */
  function payeeOf({
    limits = {},
    available = 1_000n,
    verdict = { verdict: 'accept' } as object,
    accepted = false,
  } = {}) {
    const done: string[] = [];
    const desk = new PayeeDesk({
      clock: { now: () => START_MS, after: () => assert.fail('nothing is waited for') },
      ledger: { channel: () => ({ accepted, postings: [] }), available: () => available },
      sides: {
        add: async () => void done.push('held'),
        get: () => undefined,
        step: async (_: string, __: string, { type }: ChannelEvent) => {
          done.push(type);
          return { messages: [], verdict };
        },
      },
      vault: { get: () => ({ keychain: AGENTS.payee.keychain, operationalSeed: seed(42) }) },
      ownLog: { append: async () => void done.push('logged') },
      limits: { accept: true, depositMax: '100', disputeSecondsMax: 60, ...limits },
    } as unknown as PayeeDeskDeps);
    const answer = (statement = open, id = channel) =>
      desk.answer({ verb: 'open', channel: id, body: encodeEnvelope(statement) });
    return { answer, desk, done };
  }

  it('holds a channel before it says that it takes part, and says so once', async () => {
    const { answer, done } = payeeOf();
    await answer();
    assert.deepEqual(done, ['held', 'logged', 'accepted']);
    const again = payeeOf({ accepted: true });
    await again.answer();
    assert.deepEqual(again.done, ['held', 'accepted']);
  });

  it('takes part under its own terms and key alone, with a deposit that it has', async () => {
    const wrong = [
      payeeOf({ limits: { accept: false } }),
      payeeOf({ limits: { depositMax: '99' } }),
      payeeOf({ limits: { disputeSecondsMax: 59 } }),
    ];
    for (const { answer, done } of wrong) {
      await assert.rejects(answer(), refused('CHANNEL_REFUSED'));
      assert.deepEqual(done, []);
    }
    const poor = payeeOf({ available: 99n });
    await assert.rejects(poor.answer(), refused('FUNDS_MISSING'));
    await payeeOf({ available: 100n }).answer();
    const { answer } = payeeOf();
    await assert.rejects(
      answer(open, ONE.id),
      refused('STATEMENT_INVALID'),
      'the opening of another channel',
    );
    const payeeKey = makeAgent(70).operational.keyid;
    const stale = openingOf({ escrow: '600', step: '50', penalty: '100', payeeKey });
    await assert.rejects(answer(stale.envelope, termsOf(stale).channel), refused('CHANNEL_REFUSED'));
  });

  it('says nothing but what it has acknowledged', async () => {
    const refusing = payeeOf({ verdict: { verdict: 'reject', code: 'GAP', detail: '' } });
    const update = { verb: 'update', channel, body: encodeEnvelope(ONE.envelope) } as const;
    await assert.rejects(refusing.desk.answer(update), refused('CHANNEL_REFUSED'));
    // An older one than that which it has acknowledged: there is nothing to answer.
    await assert.rejects(payeeOf().desk.answer(update), refused('CHANNEL_REFUSED'));
  });

  it('has so many openings wait in all, and each gives its place back', async () => {
    const clock = new HandClock();
    const desk = new PayeeDesk({
      clock,
      ledger: { channel: () => undefined },
      vault: { get: () => ({ keychain: AGENTS.payee.keychain, operationalSeed: seed(42) }) },
      limits: { accept: true, depositMax: '100', disputeSecondsMax: 60 },
    } as unknown as PayeeDeskDeps);
    const codes: string[] = [];
    const bring = (from: string) => {
      const answer = desk.answer({ verb: 'open', channel, body: encodeEnvelope(open) }, from);
      answer.catch(({ code }: ZeroError) => codes.push(code));
    };
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < OPENINGS_WAITING_MAX; n++) bring(`peer ${n % 8}`);
      await settled();
      assert.equal(clock.waiting, OPENINGS_WAITING_MAX);
      bring('another');
      await settled();
      assert.deepEqual(codes.splice(0), ['BUSY']);
      await clock.pass(OPENING_WAIT_MS_MAX);
      await settled();
      assert.deepEqual([...new Set(codes.splice(0)), clock.waiting], ['FUNDS_MISSING', 0]);
    }
  });
});
