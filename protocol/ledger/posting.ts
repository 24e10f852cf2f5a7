// Postings: what every ledger of ours takes. A posting sums to zero in its currency, and counts once under its id.

import { ZeroError } from '../errors/index.ts';
import type { AgentId } from '../identity/index.ts';
import type { AgentStatement, LEDGER_POSTING_PREDICATE, PostingKind } from '../statement/index.ts';
import type { Verified } from '../verified.ts';

/** An account: `agent:`, `fees:` or `issuance:` and an agent id, or `escrow:` and the id of a channel. */
export type Account = string;

export interface Line {
  readonly account: Account;
  /** In millionths of the currency; below zero where the account gives. */
  readonly amount: bigint;
}

/** Kinds that agents post, and kinds that follow from channels. */
export type LedgerKind = PostingKind | 'channel-open' | 'channel-accept' | 'channel-end';

export interface LedgerPosting {
  /** It counts once under this id. */
  readonly id: string;
  readonly kind: LedgerKind;
  readonly currency: string;
  readonly lines: readonly Line[];
  readonly memo: string;
  /** Ids of the statements that it follows from. */
  readonly sources: readonly string[];
  /** When its author dated it; ms since 1970. */
  readonly atMs: number;
}

/** What an agent can spend. */
export function agentAccount(agentId: AgentId): Account {
  return `agent:${agentId}`;
}

/** What a channel has locked. */
export function escrowAccount(channel: string): Account {
  return `escrow:${channel}`;
}

/** What an agent has issued: below zero. */
export function issuanceAccount(agentId: AgentId): Account {
  return `issuance:${agentId}`;
}

/** Fees that an agent has taken. */
export function feesAccount(agentId: AgentId): Account {
  return `fees:${agentId}`;
}

/** Refuses a posting that does not sum to zero, names an account twice or moves nothing. Error: LEDGER_UNBALANCED. */
export function checkBalanced({ id, lines }: Pick<LedgerPosting, 'id' | 'lines'>): void {
  const sum = lines.reduce((total, { amount }) => total + amount, 0n);
  if (sum !== 0n || lines.length < 2 || lines.some(({ amount }) => amount === 0n))
    throw new ZeroError('LEDGER_UNBALANCED', `the lines of posting ${id} sum to ${sum}`, {
      details: { posting: id, sum: String(sum) },
    });
  if (new Set(lines.map(({ account }) => account)).size !== lines.length)
    throw new ZeroError('LEDGER_UNBALANCED', `posting ${id} names one account twice`);
}

/** True when both say the same of the same accounts. */
export function samePosting(a: LedgerPosting, b: LedgerPosting): boolean {
  const text = ({ currency, kind, lines }: LedgerPosting) =>
    [currency, kind, ...lines.map(({ account, amount }) => `${account} ${amount}`).sort()].join('\n');
  return text(a) === text(b);
}

/**
 * The posting that an agent has signed. It gives from its own accounts only, and `issue` from its issuance, and from nothing else does it
 * come out of nothing. Errors: LEDGER_UNBALANCED, STATEMENT_INVALID.
 */
export function postingOfStatement(
  statement: AgentStatement<typeof LEDGER_POSTING_PREDICATE>,
  atMs: number,
): Verified<LedgerPosting> {
  const { issuer } = statement;
  const { posting, kind, currency, lines, memo } = statement.statement.predicate;
  const read: LedgerPosting = {
    id: `${issuer}/${posting}`,
    kind,
    currency,
    lines: lines.map(({ account, amount }) => ({ account, amount: BigInt(amount) })),
    memo,
    sources: [statement.id],
    atMs,
  };
  checkBalanced(read);
  const from = kind === 'issue' ? issuanceAccount(issuer) : agentAccount(issuer);
  for (const { account, amount } of read.lines) {
    if (amount < 0n && account !== from)
      throw new ZeroError('STATEMENT_INVALID', `${issuer} may not take from ${account} by "${kind}"`);
    if (amount > 0n && account.startsWith('issuance:') && account !== issuanceAccount(issuer))
      throw new ZeroError('STATEMENT_INVALID', 'only the issuer takes its issue back');
  }
  return read as Verified<LedgerPosting>;
}
