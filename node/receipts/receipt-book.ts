// Receipts that this node knows, its own and its peers', by statement id: where each stands in which log. Rebuilt from the logs.

import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AgentStatement,
  RECEIPT_PREDICATE,
  type ReceiptPredicate,
} from '../../protocol/statement/index.ts';
import type { LogPosition } from '../log/index.ts';

/** Receipts kept in memory, about 2 kB each; the oldest known are forgotten here, never in the log. */
const RECEIPTS_MAX = 50_000;

/** A receipt and its place. */
export interface KnownReceipt {
  readonly id: string;
  readonly issuer: string;
  readonly predicate: ReceiptPredicate;
  readonly position: LogPosition;
}

/** Whether the run ended well. */
export const isOk = ({ predicate }: KnownReceipt): boolean => predicate.deterministic.result.status === 'OK';

/** The book of receipts. */
export class ReceiptBook {
  readonly #receipts = new Map<string, KnownReceipt>();
  /** The newest first, until the next one comes: lists of thousands are asked for on every key that somebody types. */
  #newest: readonly KnownReceipt[] | undefined;
  #ok = 0;

  /** Adds a verified statement if it is a receipt; answers it when it is new. */
  offer(statement: AgentStatement, position: LogPosition): KnownReceipt | undefined {
    if (statement.predicateType !== RECEIPT_PREDICATE || this.#receipts.has(statement.id)) return undefined;
    const receipt = {
      id: statement.id,
      issuer: statement.issuer,
      predicate: statement.statement.predicate as ReceiptPredicate,
      position,
    };
    this.#receipts.set(receipt.id, receipt);
    this.#newest = undefined;
    if (isOk(receipt)) this.#ok += 1;
    if (this.#receipts.size > RECEIPTS_MAX) this.#forgetOldest();
    return receipt;
  }

  /** A receipt by id, or by an end of its id that only one has. Throws NOT_FOUND. */
  get(id: string): KnownReceipt {
    const exact = this.#receipts.get(id);
    if (exact !== undefined) return exact;
    const matches =
      id.length >= 6 ? [...this.#receipts.values()].filter((receipt) => receipt.id.endsWith(id)) : [];
    if (matches.length === 1) return matches[0] as KnownReceipt;
    throw new ZeroError(
      'NOT_FOUND',
      matches.length === 0 ? `no receipt ${id} is known here` : `${id} is the end of several receipts`,
    );
  }

  /** Newest known first. */
  list(limit: number): readonly KnownReceipt[] {
    this.#newest ??= [...this.#receipts.values()].reverse();
    return limit >= this.#newest.length ? this.#newest : this.#newest.slice(0, limit);
  }

  /** How many runs ended well, and how many did not. */
  get counts(): { readonly ok: number; readonly other: number } {
    return { ok: this.#ok, other: this.#receipts.size - this.#ok };
  }

  #forgetOldest(): void {
    const [oldest] = this.#receipts.values();
    if (oldest === undefined) return;
    this.#receipts.delete(oldest.id);
    if (isOk(oldest)) this.#ok -= 1;
  }
}
