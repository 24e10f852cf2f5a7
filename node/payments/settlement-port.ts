// Where money is: the port behind which a real ledger can stand. Two implementations are here: the one in memory (for tests and embedders),
// and LocalLedger, whose postings are signed statements in the logs. Both pass test/unit/node/settlement-suite.ts.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Account,
  type AccountEntry,
  agentAccount,
  type Balance,
  Book,
  type BookReport,
  issuanceAccount,
  type LedgerPosting,
  type Line,
} from '../../protocol/ledger/index.ts';
import type { PostingKind } from '../../protocol/statement/index.ts';

/** What an agent of this node wants posted. It gives from its own account, or issues. */
export interface PostingOrder {
  readonly by: AgentId;
  /** Unique for the agent: the same name again is the same posting. */
  readonly name: string;
  readonly kind: PostingKind;
  readonly currency: string;
  /** What each account gets; what they get together is taken from the agent (or from its issue). */
  readonly to: readonly Line[];
  readonly memo: string;
}

/** A ledger. Amounts are millionths of the currency. */
export interface SettlementPort {
  /**
   * Posts, durably, once per name. Errors: LEDGER_CONFLICT (the name says something else), LEDGER_UNBALANCED (nothing is moved),
   * FUNDS_MISSING, NOT_OWNER.
   */
  post(order: PostingOrder): Promise<'entered' | 'known'>;
  balance(account: Account, currency: string): bigint;
  /** What an agent can spend now. */
  available(agentId: AgentId, currency: string): bigint;
  /** Balances that are not 0, of accounts that begin with the prefix. */
  balances(prefix?: string): Balance[];
  entries(account: Account, limit: number): AccountEntry[];
  postings(limit: number): LedgerPosting[];
  /** Adds everything up again. */
  verify(): BookReport;
}

/** All lines of an order, the agent's own included. Error: LEDGER_UNBALANCED. */
export function linesOf({ by, kind, name, to }: PostingOrder): Line[] {
  const sum = to.reduce((total, { amount }) => total + amount, 0n);
  if (sum <= 0n || to.some(({ amount }) => amount <= 0n))
    throw new ZeroError('LEDGER_UNBALANCED', `posting ${name} moves nothing`);
  return [{ account: kind === 'issue' ? issuanceAccount(by) : agentAccount(by), amount: -sum }, ...to];
}

/** A ledger in memory. */
export class MemoryLedger implements SettlementPort {
  readonly #book = new Book();
  readonly #issueMax: bigint;

  constructor(options: { readonly issueMax: bigint }) {
    this.#issueMax = options.issueMax;
  }

  async post(order: PostingOrder): Promise<'entered' | 'known'> {
    const lines = linesOf(order);
    const id = `${order.by}/${order.name}`;
    const [own] = lines as [Line];
    const left = this.#book.balance(own.account, order.currency) + own.amount;
    const floor = order.kind === 'issue' ? -this.#issueMax : 0n;
    if (!this.#book.has(id) && left < floor)
      throw new ZeroError('FUNDS_MISSING', `${own.account} does not hold ${-own.amount}`);
    const { currency, kind, memo } = order;
    return this.#book.enter({ id, kind, currency, lines, memo, sources: [], atMs: 0 });
  }

  balance(account: Account, currency: string): bigint {
    return this.#book.balance(account, currency);
  }

  available(agentId: AgentId, currency: string): bigint {
    return this.#book.balance(agentAccount(agentId), currency);
  }

  balances(prefix?: string): Balance[] {
    return this.#book.balances(prefix);
  }

  entries(account: Account, limit: number): AccountEntry[] {
    return this.#book.entries(account, limit);
  }

  postings(limit: number): LedgerPosting[] {
    return this.#book.postings(limit);
  }

  verify(): BookReport {
    return this.#book.verify();
  }
}
