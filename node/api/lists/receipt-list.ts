// The list of receipts as the API gives it, newest known first: filtered, a page at a time.

import { RECEIPT_STATUSES } from '../../../protocol/statement/index.ts';
import type { NodeContext } from '../../context.ts';
import { isOk, type KnownReceipt } from '../../receipts/receipt-book.ts';
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

/** One word of a question, and what was worked out for it once: the agents and the results that it names. */
interface Word {
  readonly text: string;
  /** As it was typed: a task may be called by letters of both cases. */
  readonly typed: string;
  /** Ids and digests are of these letters: another word is in none of them. */
  readonly mayBeId: boolean;
  readonly agents: ReadonlySet<string>;
  readonly results: ReadonlySet<string>;
}

/** Letters of content ids, agent ids and digests. */
const OF_IDS = /^[a-z0-9:]+$/;
/** Results that a receipt may have, looked at for words once a question. */
const RESULTS: readonly string[] = RECEIPT_STATUSES;

/** One page. Throws USAGE for a cursor that names no receipt. */
export function findReceipts(
  { book, receipts }: Pick<NodeContext, 'book' | 'receipts'>,
  asked: ReceiptsAsked,
): ReceiptsFound {
  const ordered = receipts.list(Number.MAX_SAFE_INTEGER);
  const typed = asked.q.split(/\s+/).filter(Boolean);
  const words = wordsOf(asked.q).map((text, place): Word => {
    const named = book.list().filter(({ card }) => card.name.toLowerCase().includes(text));
    return {
      text,
      typed: typed[place] ?? text,
      mayBeId: OF_IDS.test(text),
      agents: new Set(named.map(({ agentId }) => agentId as string)),
      results: new Set(RESULTS.filter((result) => result.toLowerCase().includes(text))),
    };
  });
  // Ids and digests are in lower case already. Tens of thousands are looked at: nothing is made anew for each.
  const has = ({ id, issuer, predicate }: KnownReceipt, word: Word) =>
    (word.agents.size > 0 && word.agents.has(issuer)) ||
    (word.results.size > 0 && word.results.has(predicate.deterministic.result.status)) ||
    predicate.observed.taskId.includes(word.typed) ||
    (word.mayBeId &&
      (id.includes(word.text) ||
        predicate.deterministic.moduleDigest.includes(word.text) ||
        issuer.includes(word.text)));
  const matches = (receipt: KnownReceipt) =>
    (asked.result === undefined || (asked.result === 'ok') === isOk(receipt)) &&
    (asked.executor === '' || receipt.issuer === asked.executor) &&
    (asked.task === '' || receipt.predicate.observed.taskId === asked.task) &&
    words.every((word) => has(receipt, word));
  const isPlain =
    words.length + asked.executor.length + asked.task.length === 0 && asked.result === undefined;
  return {
    ...pageOf(ordered, asked, ({ id }) => id, isPlain ? undefined : matches),
    total: ordered.length,
    counts: receipts.counts,
  };
}
