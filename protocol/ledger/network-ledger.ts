// The ledger of a network: what the statements of all logs amount to. No bank and no vote is needed, because only its owner takes from an
// account, and does so in its own log, whose order all see alike. A debit waits until its account covers it, and those behind it wait too; so
// whoever holds the same logs has the same balances, in whatever order they came.

import {
  CHANNEL_PREDICATES,
  checkAcceptance,
  type Posting,
  postingOf,
  type ReceiptFacts,
  termsOf,
} from '../channel/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import type { AgentId } from '../identity/index.ts';
import {
  type AgentStatement,
  CHANNEL_ACCEPT_PREDICATE,
  CHANNEL_CLOSE_PREDICATE,
  CHANNEL_OPEN_PREDICATE,
  isStatementOf,
  LEDGER_POSTING_PREDICATE,
  RECEIPT_PREDICATE,
} from '../statement/index.ts';
import { Book } from './book.ts';
import { acceptPublic, addPosting, type PublicChannel, payOut, publicChannel } from './channels.ts';
import { CHANNELS_MAX, RECEIPTS_MAX, WAITING_MAX } from './limits.ts';
import { agentAccount, type LedgerPosting, postingOfStatement } from './posting.ts';
import { type Waiter, WaitingRoom } from './waiting-room.ts';

/** What a statement did to a channel. */
export type ChannelNews =
  | { readonly type: 'opened' | 'accepted' | 'paid-out'; readonly channel: PublicChannel }
  | { readonly type: 'posted'; readonly channel: PublicChannel; readonly posting: Posting };

/** Whose issue counts, and up to how much in all. */
export type IssuePolicy = (issuer: AgentId, currency: string) => bigint;

interface Debit extends Waiter {
  readonly statementId: string;
  readonly posting: LedgerPosting;
  readonly from: string;
  readonly amount: bigint;
  readonly entered: () => ChannelNews[];
}

/** A statement about a channel that is not open here yet. */
interface Early extends Waiter {
  readonly statementId: string;
  readonly statement: AgentStatement;
}

const debitsOf = (account: string): string => `debits ${account}`;
const earlyOf = (channel: string): string => `early ${channel}`;

/** What waited was verified as a statement only: one that turns out to be wrong must not stop the others. */
function tolerant(apply: () => ChannelNews[]): ChannelNews[] {
  try {
    return apply();
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return [];
  }
}

/** Balances and channels of a network. */
export class NetworkLedger {
  readonly book = new Book();
  readonly #issuable: IssuePolicy;
  readonly #channels = new Map<string, PublicChannel>();
  readonly #seen = new Set<string>();
  /** Debits that their account does not cover yet, in the order of their log, and statements about channels that are not open here yet. */
  readonly #waiting = new WaitingRoom<Debit | Early>(WAITING_MAX);
  readonly #receipts = new Map<string, ReceiptFacts>();
  /** Receipts that closes have named: their channels, and the receipt once it is known, which is never forgotten. */
  readonly #claims = new Map<string, { channels: Set<string>; facts: ReceiptFacts | undefined }>();

  constructor(options: { readonly issuable: IssuePolicy }) {
    this.#issuable = options.issuable;
  }

  /** A receipt that was seen. */
  readonly receipt = (id: string): ReceiptFacts | undefined =>
    this.#claims.get(id)?.facts ?? this.#receipts.get(id);

  channel(id: string): PublicChannel | undefined {
    return this.#channels.get(id);
  }

  /** Every channel, oldest known first. */
  channels(): PublicChannel[] {
    return [...this.#channels.values()];
  }

  /** Debits that wait for their account. */
  waiting(account: string): readonly LedgerPosting[] {
    return this.#debits(account).map(({ posting }) => posting);
  }

  /** What an agent can spend now, less what it has promised and does not have. */
  available(agentId: AgentId, currency: string): bigint {
    const account = agentAccount(agentId);
    const queued = this.#debits(account).filter(({ posting }) => posting.currency === currency);
    return queued.reduce((left, { amount }) => left - amount, this.book.balance(account, currency));
  }

  /**
   * Takes a verified statement; answers what it did to channels, also through others that had waited for it. One that does not concern the
   * ledger, or is known, does nothing. Errors: STATEMENT_INVALID, SIGNATURE_INVALID, DECODE_FAILED, LEDGER_UNBALANCED, LEDGER_CONFLICT,
   * FUNDS_MISSING (an issue that does not count), LIMIT_EXCEEDED.
   */
  apply(statement: AgentStatement): ChannelNews[] {
    if (isStatementOf(statement, RECEIPT_PREDICATE)) return this.#noteReceipt(statement);
    if (isStatementOf(statement, LEDGER_POSTING_PREDICATE)) {
      if (!this.#isNew(statement.id)) return [];
      return this.#post(statement);
    }
    if (!CHANNEL_PREDICATES.includes(statement.predicateType) || !this.#isNew(statement.id)) return [];
    return this.#channelStatement(statement);
  }

  #debits(account: string): Debit[] {
    return this.#waiting.of(debitsOf(account)) as Debit[];
  }

  /** Has one wait. What gives way to it is as new as if it had never come. */
  #wait(queue: string, one: Debit | Early): void {
    try {
      const out = this.#waiting.add(queue, one);
      if (out !== undefined) this.#seen.delete(out.statementId);
    } catch (error) {
      this.#seen.delete(one.statementId);
      throw error;
    }
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }

  #post(statement: AgentStatement<typeof LEDGER_POSTING_PREDICATE>): ChannelNews[] {
    const posting = postingOfStatement(statement, timeMs(statement.statement.predicate.issuedAt));
    const taken = posting.lines.find(({ amount }) => amount < 0n)!;
    if (posting.kind !== 'issue')
      return this.#debit(statement, {
        posting,
        from: taken.account,
        amount: -taken.amount,
        entered: () => [],
      });
    const already = -this.book.balance(taken.account, posting.currency);
    if (already - taken.amount > this.#issuable(statement.issuer, posting.currency))
      throw new ZeroError('FUNDS_MISSING', `${statement.issuer} may not issue that much ${posting.currency}`);
    this.book.enter(posting);
    return this.#credited(posting);
  }

  /** Enters a debit, or lets it wait behind those of its account. */
  #debit({ id, issuer }: AgentStatement, rest: Omit<Debit, keyof Early>): ChannelNews[] {
    const debit = { ...rest, author: issuer, statementId: id };
    const queue = debitsOf(debit.from);
    if (this.#waiting.first(queue) === undefined && this.#covers(debit)) return this.#enter(debit);
    this.#wait(queue, debit);
    return [];
  }

  #covers({ from, amount, posting }: Debit): boolean {
    return amount === 0n || this.book.balance(from, posting.currency) >= amount;
  }

  #enter({ posting, entered }: Debit): ChannelNews[] {
    this.book.enter(posting);
    return [...entered(), ...this.#credited(posting)];
  }

  /** Tries again what had waited for the accounts that a posting fills. */
  #credited({ lines }: LedgerPosting): ChannelNews[] {
    const news: ChannelNews[] = [];
    for (const { account } of lines.filter(({ amount }) => amount > 0n)) {
      for (;;) {
        const first = this.#waiting.first(debitsOf(account)) as Debit | undefined;
        if (first === undefined || !this.#covers(first)) break;
        this.#waiting.takeFirst(debitsOf(account));
        news.push(...tolerant(() => this.#enter(first)));
      }
    }
    return news;
  }

  #channelStatement(statement: AgentStatement): ChannelNews[] {
    if (isStatementOf(statement, CHANNEL_OPEN_PREDICATE)) return this.#open(statement);
    const id = (statement.statement.predicate as unknown as { channel: string }).channel;
    const channel = this.#channels.get(id);
    if (channel === undefined) {
      this.#wait(earlyOf(id), { author: statement.issuer, statementId: statement.id, statement });
      return [];
    }
    if (isStatementOf(statement, CHANNEL_ACCEPT_PREDICATE)) return this.#accept(channel, statement);
    if (isStatementOf(statement, CHANNEL_CLOSE_PREDICATE)) return this.#close(channel, statement);
    return [];
  }

  #open(statement: AgentStatement<typeof CHANNEL_OPEN_PREDICATE>): ChannelNews[] {
    if (this.#channels.size >= CHANNELS_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'too many channels');
    const terms = termsOf(statement);
    const { channel, posting } = publicChannel(terms, timeMs(statement.statement.predicate.issuedAt));
    const entered = (): ChannelNews[] => {
      this.#channels.set(terms.channel, channel);
      const early = this.#waiting.takeAll(earlyOf(terms.channel)) as Early[];
      return [
        { type: 'opened', channel },
        ...early.flatMap((one) => tolerant(() => this.#channelStatement(one.statement))),
      ];
    };
    return this.#debit(statement, {
      posting,
      from: agentAccount(terms.payer),
      amount: terms.escrow,
      entered,
    });
  }

  #accept(channel: PublicChannel, statement: AgentStatement<typeof CHANNEL_ACCEPT_PREDICATE>): ChannelNews[] {
    const { terms } = channel;
    checkAcceptance(terms, statement);
    const { posting } = acceptPublic(channel, statement.id, timeMs(statement.statement.predicate.issuedAt));
    const entered = (): ChannelNews[] => {
      const next = { ...this.#channels.get(terms.channel)!, accepted: true };
      this.#channels.set(terms.channel, next);
      return [{ type: 'accepted', channel: next }, ...this.#payOut(terms.channel)];
    };
    if (posting === undefined) return channel.accepted ? [] : entered();
    return this.#debit(statement, {
      posting,
      from: agentAccount(terms.payee),
      amount: terms.deposit,
      entered,
    });
  }

  #close(channel: PublicChannel, statement: AgentStatement<typeof CHANNEL_CLOSE_PREDICATE>): ChannelNews[] {
    const posting = postingOf(channel.terms, statement);
    const next = addPosting(channel, posting);
    if (next === undefined) return [];
    const { channel: id } = channel.terms;
    this.#channels.set(id, next);
    for (const { receipt } of posting.claims) {
      const claim = this.#claims.get(receipt) ?? { channels: new Set(), facts: this.#receipts.get(receipt) };
      this.#claims.set(receipt, { ...claim, channels: claim.channels.add(id) });
    }
    const paid = this.#payOut(id);
    return [{ type: 'posted', channel: this.#channels.get(id)!, posting }, ...paid];
  }

  #payOut(id: string): ChannelNews[] {
    const { channel, posting } = payOut(this.#channels.get(id)!, this.receipt);
    if (posting === undefined) return [];
    this.#channels.set(id, channel);
    this.book.enter(posting);
    return [{ type: 'paid-out', channel }, ...this.#credited(posting)];
  }

  #noteReceipt(statement: AgentStatement<typeof RECEIPT_PREDICATE>): ChannelNews[] {
    const { observed } = statement.statement.predicate;
    const facts: ReceiptFacts = {
      executor: statement.issuer,
      requester: observed.requester,
      task: observed.taskId,
      manifestDigest: observed.manifestDigest,
    };
    this.#receipts.set(statement.id, facts);
    if (this.#receipts.size > RECEIPTS_MAX)
      this.#receipts.delete(this.#receipts.keys().next().value as string);
    const claim = this.#claims.get(statement.id);
    if (claim === undefined || claim.facts !== undefined) return [];
    claim.facts = facts;
    return [...claim.channels].flatMap((channel) => this.#payOut(channel));
  }
}
