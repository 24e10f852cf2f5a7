// The book of accounts: double entry in memory. It takes balanced postings, each once, and can say where every unit came from.
// Whether an account may go below zero is not its business: it records what was signed, and shows who owes.

import { ZeroError } from '../errors/index.ts';
import { ACCOUNTS_MAX, POSTINGS_MAX } from './limits.ts';
import { type Account, checkBalanced, type LedgerPosting, samePosting } from './posting.ts';

export interface Balance {
  readonly account: Account;
  readonly currency: string;
  readonly amount: bigint;
}

/** One line of an account's statement, with the balance after it. */
export interface AccountEntry {
  readonly posting: LedgerPosting;
  readonly amount: bigint;
  readonly balance: bigint;
}

/** What a check of the whole book found. */
export interface BookReport {
  readonly postings: number;
  readonly accounts: number;
  /** Sum over all accounts, by currency: always 0. */
  readonly sums: readonly { readonly currency: string; readonly sum: bigint }[];
  /** Accounts of agents and channels below zero: somebody owes. */
  readonly overdrawn: readonly Balance[];
  /** Accounts whose balance is not the sum of their lines: damage. */
  readonly wrong: readonly Account[];
  readonly ok: boolean;
}

/** Accounts and postings. */
export class Book {
  readonly #postings = new Map<string, LedgerPosting>();
  readonly #balances = new Map<Account, Map<string, bigint>>();
  readonly #byAccount = new Map<Account, LedgerPosting[]>();

  get size(): number {
    return this.#postings.size;
  }

  /** Enters a posting. 'known' when it counts already. Errors: LEDGER_UNBALANCED, LEDGER_CONFLICT (its id says something else), LIMIT_EXCEEDED. */
  enter(posting: LedgerPosting): 'entered' | 'known' {
    checkBalanced(posting);
    const known = this.#postings.get(posting.id);
    if (known !== undefined) {
      if (samePosting(known, posting)) return 'known';
      throw new ZeroError('LEDGER_CONFLICT', `posting ${posting.id} is in the ledger with other lines`, {
        details: { posting: posting.id },
      });
    }
    const fresh = posting.lines.filter(({ account }) => !this.#balances.has(account)).length;
    if (this.#postings.size >= POSTINGS_MAX || this.#balances.size + fresh > ACCOUNTS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'the ledger is full');
    this.#postings.set(posting.id, posting);
    for (const { account, amount } of posting.lines) {
      const balances = this.#balances.get(account) ?? new Map<string, bigint>();
      balances.set(posting.currency, (balances.get(posting.currency) ?? 0n) + amount);
      this.#balances.set(account, balances);
      const postings = this.#byAccount.get(account);
      if (postings === undefined) this.#byAccount.set(account, [posting]);
      else postings.push(posting);
    }
    return 'entered';
  }

  has(id: string): boolean {
    return this.#postings.has(id);
  }

  balance(account: Account, currency: string): bigint {
    return this.#balances.get(account)?.get(currency) ?? 0n;
  }

  /** Every balance that is not 0, or of accounts that begin with `prefix`, by account and currency. */
  balances(prefix = ''): Balance[] {
    return [...this.#balances]
      .filter(([account]) => account.startsWith(prefix))
      .flatMap(([account, currencies]) =>
        [...currencies].map(([currency, amount]) => ({ account, currency, amount })),
      )
      .filter(({ amount }) => amount !== 0n)
      .sort((a, b) => (`${a.account} ${a.currency}` < `${b.account} ${b.currency}` ? -1 : 1));
  }

  /** The newest entries of an account, oldest first. */
  entries(account: Account, limit: number): AccountEntry[] {
    const running = new Map<string, bigint>();
    const entries = (this.#byAccount.get(account) ?? []).map((posting) => {
      const { amount } = posting.lines.find((line) => line.account === account)!;
      const balance = (running.get(posting.currency) ?? 0n) + amount;
      running.set(posting.currency, balance);
      return { posting, amount, balance };
    });
    return entries.slice(-limit);
  }

  /** The newest postings, newest first. */
  postings(limit: number): LedgerPosting[] {
    return [...this.#postings.values()].slice(-limit).reverse();
  }

  /** Adds everything up again, from the postings alone. */
  verify(): BookReport {
    const again = new Map<string, bigint>();
    const sums = new Map<string, bigint>();
    for (const { currency, lines } of this.#postings.values()) {
      for (const { account, amount } of lines) {
        const key = `${account} ${currency}`;
        again.set(key, (again.get(key) ?? 0n) + amount);
        sums.set(currency, (sums.get(currency) ?? 0n) + amount);
      }
    }
    const wrong = [...this.#balances].flatMap(([account, currencies]) =>
      [...currencies].some(([currency, amount]) => again.get(`${account} ${currency}`) !== amount)
        ? [account]
        : [],
    );
    const overdrawn = this.balances().filter(
      ({ account, amount }) => amount < 0n && !account.startsWith('issuance:'),
    );
    return {
      postings: this.#postings.size,
      accounts: this.#balances.size,
      sums: [...sums].map(([currency, sum]) => ({ currency, sum })),
      overdrawn,
      wrong,
      ok: wrong.length === 0 && [...sums.values()].every((sum) => sum === 0n),
    };
  }
}
