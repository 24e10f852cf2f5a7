// What the API answers about channels and the ledger: schemas, and how they are filled. Amounts are decimal texts. Reads only.

import Type, { type Static } from 'typebox';
import { type ChannelState, outcomeOf, settleAt } from '../../protocol/channel/index.ts';
import type { AccountEntry, LedgerPosting } from '../../protocol/ledger/index.ts';
import { rfc3339 } from '../clock/index.ts';
import type { NodeContext } from '../context.ts';

const text = Type.String();
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const channelViewSchema = Type.Object({
  channel: text,
  side: text,
  phase: text,
  payer: text,
  payerName: text,
  payee: text,
  payeeName: text,
  currency: text,
  escrow: text,
  deposit: text,
  step: text,
  penalty: text,
  disputeSeconds: Type.Integer(),
  /** Updates so far, the newest that is acknowledged, and all that was paid. */
  version: Type.Integer(),
  acknowledged: Type.Integer(),
  paid: text,
  offers: Type.Array(
    Type.Object({ task: text, amount: text, condition: nullable(text), work: nullable(text) }),
  ),
  /** Steps towards the end that stand in the logs. */
  postings: Type.Array(
    Type.Object({ id: text, by: text, kind: text, version: nullable(Type.Integer()), at: text }),
  ),
  /** When the time to dispute is over. */
  settlesAt: nullable(text),
  /** How it would end, or has ended, by what was posted. */
  outcome: nullable(
    Type.Object({
      payer: text,
      payee: text,
      earned: text,
      penalised: Type.Array(text),
      final: Type.Boolean(),
      cooperative: Type.Boolean(),
    }),
  ),
});
export type ChannelView = Static<typeof channelViewSchema>;

export const balanceViewSchema = Type.Object({
  account: text,
  name: text,
  currency: text,
  amount: text,
  available: nullable(text),
  local: Type.Boolean(),
});
export type BalanceView = Static<typeof balanceViewSchema>;

export const postingViewSchema = Type.Object({
  id: text,
  kind: text,
  currency: text,
  at: text,
  memo: text,
  sources: Type.Array(text),
  lines: Type.Array(Type.Object({ account: text, amount: text })),
});
export type PostingView = Static<typeof postingViewSchema>;

export const statementViewSchema = Type.Object({
  account: text,
  entries: Type.Array(
    Type.Object({
      at: text,
      kind: text,
      currency: text,
      amount: text,
      balance: text,
      posting: text,
      memo: text,
    }),
  ),
  waiting: Type.Array(postingViewSchema),
});
export type StatementView = Static<typeof statementViewSchema>;

export const ledgerReportSchema = Type.Object({
  ok: Type.Boolean(),
  postings: Type.Integer(),
  accounts: Type.Integer(),
  sums: Type.Array(Type.Object({ currency: text, sum: text })),
  overdrawn: Type.Array(Type.Object({ account: text, currency: text, amount: text })),
  wrong: Type.Array(text),
});
export type LedgerReport = Static<typeof ledgerReportSchema>;

export function channelView({ book, payments }: NodeContext, state: ChannelState): ChannelView {
  const { ack, newest, phase, postings, side, terms, work } = state;
  const settles = settleAt(state);
  const outcome =
    postings.length === 0 ? null : outcomeOf(terms, postings, true, payments.ledger.network.receipt);
  return {
    channel: terms.channel,
    side,
    phase,
    payer: terms.payer,
    payerName: book.get(terms.payer)?.card.name ?? '',
    payee: terms.payee,
    payeeName: book.get(terms.payee)?.card.name ?? '',
    currency: terms.currency,
    escrow: String(terms.escrow),
    deposit: String(terms.deposit),
    step: String(terms.step),
    penalty: String(terms.penalty),
    disputeSeconds: terms.disputeMs / 1_000,
    version: newest?.version ?? 0,
    acknowledged: ack?.version ?? 0,
    paid: String(newest?.paid ?? 0n),
    offers: (newest?.offers ?? []).map(({ task, amount, condition }) => ({
      task,
      amount: String(amount),
      condition,
      work: work[task]?.state ?? null,
    })),
    postings: postings.map(({ id, by, kind, update, issuedAtMs }) => ({
      id,
      by,
      kind,
      version: update?.version ?? null,
      at: rfc3339(issuedAtMs),
    })),
    settlesAt: settles === undefined || phase === 'settled' ? null : rfc3339(settles),
    outcome:
      outcome === null
        ? null
        : {
            payer: String(outcome.payer),
            payee: String(outcome.payee),
            earned: String(outcome.earned),
            penalised: [...outcome.penalised],
            final: outcome.final,
            cooperative: outcome.cooperative,
          },
  };
}

export function balanceViews({ book, payments, vault }: NodeContext, prefix: string): BalanceView[] {
  return payments.ledger.balances(prefix).map(({ account, amount, currency }) => {
    const agentId = account.slice(account.indexOf(':') + 1);
    const isAgent = account.startsWith('agent:');
    return {
      account,
      name: book.get(agentId)?.card.name ?? '',
      currency,
      amount: String(amount),
      available: isAgent ? String(payments.ledger.available(agentId, currency)) : null,
      local: vault.has(agentId),
    };
  });
}

export function postingView({ id, kind, currency, atMs, memo, sources, lines }: LedgerPosting): PostingView {
  return {
    id,
    kind,
    currency,
    at: rfc3339(atMs),
    memo,
    sources: [...sources],
    lines: lines.map(({ account, amount }) => ({ account, amount: String(amount) })),
  };
}

export function entryView({ posting, amount, balance }: AccountEntry): StatementView['entries'][number] {
  return {
    at: rfc3339(posting.atMs),
    kind: posting.kind,
    currency: posting.currency,
    amount: String(amount),
    balance: String(balance),
    posting: posting.id,
    memo: posting.memo,
  };
}
