// Whose word counts in a channel, and in which form: keys, channels, kinds of message, and what each side may not do.

import assert from 'node:assert/strict';
import {
  type ChannelEvent,
  type ChannelState,
  channelFromStored,
  channelToStored,
  checkAcceptance,
  initialState,
  OFFERS_MAX,
  type Offer,
  PAYS_MAX,
  type Side,
  signAck,
  signClosing,
  signUpdate,
  stepChannel,
  termsOf,
  VERSION_MAX,
  verifyAck,
  verifyClosing,
  verifyUpdate,
  verifyWithdrawal,
} from '../../../protocol/channel/index.ts';
import { type Envelope, signEnvelope } from '../../../protocol/envelope/index.ts';
import { CHANNEL_ACCEPT_PREDICATE } from '../../../protocol/statement/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import {
  AGENTS,
  closeStatement,
  factsOf,
  MANIFEST,
  openingOf,
  START_MS,
  STEP,
  say,
  TERMS,
} from '../../support/channel-world.ts';

const keys = { payer: AGENTS.payer.operational, payee: AGENTS.payee.operational };
const offer = (task: number, amount = 1n, condition: string | null = MANIFEST): Offer => ({
  task: `task-${task}`,
  amount,
  condition,
});
const body = { version: 1, paid: 0n, offers: [offer(1)], pays: [] };
const update = (change: Partial<Parameters<typeof signUpdate>[1]> = {}, terms = TERMS) =>
  signUpdate(terms, { ...body, ...change }, keys.payer);
const ONE = update();
const ackOf = (version = 1, id = ONE.id) => signAck(TERMS, { ...ONE, version, id }, keys.payee);
const elsewhere = { ...TERMS, channel: ONE.id };

/** The same words as another kind of message. */
const asAnother = ({ payload }: Envelope, by: Side) =>
  signEnvelope({ payloadType: 'application/json', payload, signers: [keys[by]] });

describe('protocol/channel: a message', () => {
  it('counts as what it is, of its own channel, and of the key that the opening names', () => {
    const closing = signClosing(TERMS, { version: 1, paid: 0n }, keys.payer);
    const reads: [(envelope: Envelope) => unknown, Envelope, Side][] = [
      [(envelope) => verifyUpdate(TERMS, envelope), ONE.envelope, 'payer'],
      [(envelope) => verifyAck(TERMS, envelope), ackOf().envelope, 'payee'],
      [(envelope) => verifyClosing(TERMS, envelope, TERMS.payerKey), closing.envelope, 'payer'],
    ];
    for (const [read, envelope, by] of reads) {
      read(envelope);
      assert.throws(() => read(asAnother(envelope, by)), refused('DECODE_FAILED'));
      const { payload, payloadType } = envelope;
      const other = signEnvelope({
        payloadType,
        payload,
        signers: [keys[by === 'payer' ? 'payee' : 'payer']],
      });
      assert.throws(() => read(other), refused('SIGNATURE_INVALID'));
    }
    assert.throws(() => verifyUpdate(elsewhere, ONE.envelope), refused('DECODE_FAILED'));
    assert.throws(() => verifyAck(elsewhere, ackOf().envelope), refused('DECODE_FAILED'));
    assert.throws(() => verifyClosing(elsewhere, closing.envelope, TERMS.payerKey), refused('DECODE_FAILED'));
    assert.throws(() => verifyWithdrawal(TERMS, ONE.envelope), refused('DECODE_FAILED'));
  });

  it('promises something, once for each task, and has a version', () => {
    for (const wrong of [
      { offers: [offer(1), offer(1)] },
      { offers: [offer(1, 0n)] },
      { version: 0 },
      { version: VERSION_MAX + 1 },
      { paid: -1n },
    ])
      assert.throws(() => verifyUpdate(TERMS, update(wrong).envelope), refused('DECODE_FAILED'));
  });
});

describe('protocol/channel: statements', () => {
  const terms = (change: Parameters<typeof openingOf>[0]) =>
    termsOf(openingOf({ escrow: '15', step: '10', penalty: '5', ...change }));

  it('open a channel of two that can pay a step and the penalty, under the key that opens it', () => {
    assert.equal(terms({}).escrow, 15n);
    const other = makeAgent(70).operational.keyid;
    for (const wrong of [
      { payee: AGENTS.payer.agentId },
      { step: '0' },
      { escrow: '14' },
      { payerKey: other },
    ])
      assert.throws(() => terms(wrong), refused('STATEMENT_INVALID'), JSON.stringify(wrong));
  });

  it('accept it in the name and under the key of its payee', () => {
    const accept = say('payee', CHANNEL_ACCEPT_PREDICATE, { channel: TERMS.channel }, START_MS);
    checkAcceptance(TERMS, accept);
    for (const [other, statement] of [
      [elsewhere, accept],
      [{ ...TERMS, payee: TERMS.payer }, accept],
      [{ ...TERMS, payeeKey: TERMS.payerKey }, accept],
    ] as const)
      assert.throws(() => checkAcceptance(other, statement), refused('STATEMENT_INVALID'));
  });

  it('end it by what the other side has signed, where both do, and of no other channel', () => {
    const end = (kind: 'cooperative' | 'dispute', by: Side | null) => {
      const agreement = by === null ? null : signClosing(TERMS, { version: 0, paid: 500n }, keys[by]);
      return closeStatement('payee', { kind, update: null, ack: null, agreement, claims: [] }, START_MS)
        .posting;
    };
    assert.equal(end('cooperative', 'payer').agreement?.paid, 500n);
    assert.throws(
      () => end('cooperative', 'payee'),
      refused('SIGNATURE_INVALID'),
      'its own word binds nobody',
    );
    assert.throws(() => end('cooperative', null), refused('STATEMENT_INVALID'));
    assert.throws(() => end('dispute', 'payer'), refused('STATEMENT_INVALID'));
    const foreign = update({}, elsewhere);
    const show = { kind: 'dispute', update: foreign, ack: null, agreement: null, claims: [] } as const;
    assert.throws(() => closeStatement('payee', show, START_MS), refused('DECODE_FAILED'));
  });
});

describe('protocol/channel: what each side may not do', () => {
  const open = (side: Side, more: Partial<ChannelState> = {}): ChannelState => ({
    ...initialState(side, TERMS),
    phase: 'open',
    ...more,
  });
  const take = (state: ChannelState, event: ChannelEvent): string => {
    const context = { nowMs: 0, signer: keys[state.side], receipts: factsOf };
    const { verdict } = stepChannel(state, event, context);
    return verdict.verdict === 'accept' ? 'accept' : verdict.code;
  };
  const sent = (one: { envelope: Envelope }): ChannelEvent => ({ type: 'update', envelope: one.envelope });

  it('is the work of the other', () => {
    const change: ChannelEvent = { type: 'change', change: { offers: [offer(1)] } };
    const begin: ChannelEvent = { type: 'begin', task: 'task-1', amount: 1n, condition: MANIFEST };
    assert.equal(take(open('payer'), sent(ONE)), 'WRONG_SIDE');
    assert.equal(take(open('payer', { newest: ONE }), begin), 'WRONG_SIDE');
    assert.equal(take(open('payee'), change), 'WRONG_SIDE');
    assert.equal(
      take(open('payee', { newest: ONE }), { type: 'ack', envelope: ackOf().envelope }),
      'WRONG_SIDE',
    );
    for (const phase of ['opening', 'closing', 'settled'] as const)
      assert.equal(take(open('payee', { newest: ONE, phase }), begin), 'NOT_OPEN', 'no work without pay');
  });

  it('a payer: promise and pay more at once than can be read, or past the last version', () => {
    const acked = (of: typeof ONE) => open('payer', { newest: of, ack: ackOf(of.version, of.id) });
    const offers = (count: number) => Array.from({ length: count }, (_, n) => offer(n));
    const change = (wish: Extract<ChannelEvent, { type: 'change' }>['change'], state = open('payer')) =>
      take(state, { type: 'change', change: wish });
    assert.equal(change({ offers: offers(OFFERS_MAX) }), 'accept');
    assert.equal(change({ offers: offers(OFFERS_MAX + 1) }), 'FULL');
    const pays = (count: number) =>
      Array.from({ length: count }, () => ({ task: null, amount: 0n, reference: 'r' }));
    assert.equal(change({ pays: pays(PAYS_MAX) }), 'accept');
    assert.equal(change({ pays: pays(PAYS_MAX + 1) }), 'FULL');
    assert.equal(change({}, acked(update({ version: VERSION_MAX - 1 }))), 'accept');
    assert.equal(change({}, acked(update({ version: VERSION_MAX }))), 'GAP');
  });

  it('a payer: pay a task twice in one breath, as when two ask for it at once', () => {
    const state = open('payer', { newest: ONE, ack: ackOf() });
    const pay = { task: 'task-1', amount: 1n, reference: 'r' };
    const other = { task: null, amount: 1n, reference: 'r' };
    const change = (...pays: readonly (typeof pay | typeof other)[]) =>
      take(state, { type: 'change', change: { pays } });
    assert.deepEqual([change(pay, pay), change(pay, other, other)], ['OFFER_UNKNOWN', 'accept']);
  });

  it('a payee: acknowledge what was not signed, also under the name of what was', () => {
    const state = open('payer', { newest: ONE });
    const ack = (version: number, id: string): ChannelEvent => ({
      type: 'ack',
      envelope: ackOf(version, id).envelope,
    });
    assert.equal(take(state, ack(2, ONE.id)), 'CONTRADICTION');
    assert.equal(take(state, ack(1, TERMS.channel)), 'CONTRADICTION');
    assert.equal(take(open('payer'), ack(1, ONE.id)), 'CONTRADICTION');
    assert.equal(take(state, ack(1, ONE.id)), 'accept');
  });

  it('a payer: pay less than is owed, or promise the same for other work', () => {
    const due = open('payee', { newest: update({ offers: [offer(1, STEP)] }) });
    const owed = { ...due, work: { 'task-1': { state: 'due', amount: 25n, receipt: 'r' } } } as ChannelState;
    const paid = (amount: bigint) =>
      sent(
        update({
          version: 2,
          paid: amount,
          offers: [],
          pays: [{ task: 'task-1', amount, reference: 'r' }],
        } as never),
      );
    assert.deepEqual([take(owed, paid(24n)), take(owed, paid(25n))], ['OFFER_UNPAID', 'accept']);
    for (const condition of [null, `sha256:${'8'.repeat(64)}`])
      assert.equal(
        take(due, sent(update({ version: 2, offers: [offer(1, STEP, condition)] }))),
        'OFFER_CHANGED',
      );
  });

  it('anybody: have an old update taken for a new one', () => {
    const state = open('payee', { newest: update({ version: 3 }) });
    assert.equal(take(state, sent(update({ version: 2 }))), 'OLD');
  });

  it('a disk: have an end on it that this side has not signed', () => {
    const closing = signClosing(TERMS, { version: 0, paid: 0n }, keys.payer);
    const stored = channelToStored(open('payer', { phase: 'closing', closing }));
    assert.equal(channelFromStored(TERMS, stored).closing?.paid, 0n);
    assert.throws(() => channelFromStored(TERMS, { ...stored, side: 'payee' }), refused('DATA_CORRUPT'));
  });
});
