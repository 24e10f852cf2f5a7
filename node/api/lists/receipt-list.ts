// The list of receipts as the API gives it, newest known first: filtered, a page at a time.

import type { NodeContext } from '../../context.ts';
import type { KnownReceipt } from '../../receipts/receipt-book.ts';
import { type Page, pageOf, wordsOf } from './page.ts';

export interface ReceiptsAsked {
  readonly limit: number;
  readonly cursor: string;
  readonly q: string;
  readonly result?: 'ok' | 'other';
  /** Agent that ran it. */
  readonly executor: string;
  readonly task: string;
}

export interface ReceiptsFound extends Page<KnownReceipt> {
  readonly total: number;
  readonly counts: { readonly ok: number; readonly other: number };
}

const isOk = ({ predicate }: KnownReceipt) => predicate.deterministic.result.status === 'OK';

/** One page. Throws USAGE for a cursor that names no receipt. */
export function findReceipts(
  { book, receipts }: Pick<NodeContext, 'book' | 'receipts'>,
  asked: ReceiptsAsked,
): ReceiptsFound {
  const ordered = receipts.list(Number.MAX_SAFE_INTEGER);
  const ok = ordered.filter(isOk).length;
  const words = wordsOf(asked.q);
  // The name of each agent is looked up once a word, not once a receipt.
  const named = words.map(
    (word) =>
      new Set(
        book
          .list()
          .filter(({ card }) => card.name.toLowerCase().includes(word))
          .map(({ agentId }) => agentId as string),
      ),
  );
  const has = (receipt: KnownReceipt, word: string, agents: ReadonlySet<string>) => {
    const { deterministic, observed } = receipt.predicate;
    return (
      agents.has(receipt.issuer) ||
      receipt.id.includes(word) ||
      observed.taskId.toLowerCase().includes(word) ||
      deterministic.moduleDigest.includes(word) ||
      receipt.issuer.includes(word) ||
      deterministic.result.status.toLowerCase().includes(word)
    );
  };
  const matches = (receipt: KnownReceipt) =>
    (asked.result === undefined || (asked.result === 'ok') === isOk(receipt)) &&
    (asked.executor === '' || receipt.issuer === asked.executor) &&
    (asked.task === '' || receipt.predicate.observed.taskId === asked.task) &&
    words.every((word, place) => has(receipt, word, named[place] as ReadonlySet<string>));
  return {
    ...pageOf(ordered, asked, ({ id }) => id, matches),
    total: ordered.length,
    counts: { ok, other: ordered.length - ok },
  };
}
