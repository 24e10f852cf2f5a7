// A cheat in a payment channel is proven by its own signatures: whoever has the statements sees it, in whatever order they came.

import assert from 'node:assert/strict';
import {
  type Ack,
  type Posting,
  type Side,
  signAck,
  signClosing,
  signUpdate,
} from '../../../protocol/channel/index.ts';
import { assess, EvidenceBook } from '../../../protocol/reputation/index.ts';
import { type AgentStatement, CHANNEL_CLOSE_PREDICATE } from '../../../protocol/statement/index.ts';
import { AGENTS, BEGINNING, closeStatement, START_MS, say, TERMS } from '../../support/channel-world.ts';

const update = (version: number, paid: bigint) =>
  signUpdate(TERMS, { version, paid, offers: [], pays: [] }, AGENTS.payer.operational);
const [one, two] = [update(1, 20n), update(2, 50n)];
const ackOf = (of: typeof one): Ack => signAck(TERMS, of, AGENTS.payee.operational);
const close = (by: Side, kind: Posting['kind'], newest: typeof one | null, more: Partial<Posting> = {}) =>
  closeStatement(
    by,
    { kind, update: newest, ack: null, agreement: null, claims: [], ...more },
    START_MS + 1_000,
  ).statement;
const opening = BEGINNING.payer[1] as AgentStatement;
const view = { own: ['me'], partners: [], day: Math.floor(START_MS / 86_400_000) };
const stands = (statements: readonly AgentStatement[]) => {
  const book = new EvidenceBook();
  for (const statement of statements) book.offer(statement);
  return Object.fromEntries(
    (['payer', 'payee'] as const).map((side) => [side, assess(book, view, AGENTS[side].agentId).status]),
  );
};

describe('protocol/reputation: cheats in channels', () => {
  const old = close('payer', 'unilateral', one);
  const dispute = close('payee', 'dispute', two);

  it('an old state slashes its poster, whatever came first', () => {
    assert.deepEqual(stands([opening, old]), { payer: 'unproven', payee: 'unproven' });
    for (const order of [
      [opening, old, dispute],
      [dispute, old, opening],
      [old, opening, dispute],
    ])
      assert.deepEqual(stands(order), { payer: 'slashed', payee: 'unproven' });
    const book = new EvidenceBook();
    for (const statement of [opening, old, dispute]) book.offer(statement);
    const [term] = assess(book, view, AGENTS.payer.agentId).terms;
    assert.deepEqual([term?.source, term?.evidence], ['proof', [old.id, dispute.id].sort()]);
    const shown = close('payer', 'dispute', two, { ack: ackOf(two) });
    assert.deepEqual(stands([opening, close('payee', 'unilateral', one), shown]), {
      payer: 'unproven',
      payee: 'slashed',
    });
  });

  it('what only the other side signed, an end that both signed, and money that was paid prove nothing', () => {
    const forged = close('payee', 'settle', null, { ack: ackOf({ ...two, version: 9 }) });
    assert.deepEqual(stands([opening, close('payer', 'unilateral', two), forged]), {
      payer: 'unproven',
      payee: 'unproven',
    });
    const agreement = signClosing(TERMS, { version: 2, paid: 50n }, AGENTS.payer.operational);
    const agreed = close('payee', 'cooperative', two, { agreement });
    const settled = { payer: 'unproven', payee: 'unproven' };
    assert.deepEqual(stands([opening, old, dispute, agreed]), settled);
    assert.deepEqual(stands([agreed, dispute, old, opening]), settled);
  });

  it('strangers that name the channel do not crowd its sides out', () => {
    const noise = [...Array(40).keys()].map((n) =>
      say(
        'payee',
        CHANNEL_CLOSE_PREDICATE,
        { channel: TERMS.channel, kind: 'unilateral', update: null, ack: null, agreement: null, claims: [] },
        START_MS + n * 1_000,
      ),
    );
    const foreign = noise.map((statement) => ({ ...statement, issuer: 'zs:stranger' }) as AgentStatement);
    assert.equal(stands([...foreign, opening, old, dispute]).payer, 'slashed');
    assert.equal(stands([opening, ...foreign, old, dispute]).payer, 'slashed');
  });
});
