// Pages of lists that are held in memory: rows in an order, a filter, and a cursor, which is the id of the last row that was given. New
// rows at the front, and old ones that are let go, do not move what is still to come.

import Type from 'typebox';
import { ZeroError } from '../../../protocol/errors/index.ts';

/** Rows of one answer: at some 1.5 kB a row it stays below 2 MB of JSON. */
export const PAGE_ROWS_MAX = 1_000;
/** Rows of an answer that nobody sets a limit for. */
export const PAGE_ROWS_DEFAULT = 500;
/** Characters of a question to a list: ids are shorter than 100. */
export const PAGE_WORDS_CHARS_MAX = 200;
/** Characters of a cursor: ids of agents, statements and tasks are shorter. */
const CURSOR_CHARS_MAX = 160;

/** What every list takes. */
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: PAGE_ROWS_MAX, default: PAGE_ROWS_DEFAULT }),
  cursor: Type.String({
    maxLength: CURSOR_CHARS_MAX,
    default: '',
    description: '"next" of the page before.',
  }),
  q: Type.String({
    maxLength: PAGE_WORDS_CHARS_MAX,
    default: '',
    description: 'Words that a row must have, all of them.',
  }),
};

/** What every list says of itself. */
export const pageAnswer = {
  /** Rows held here, whatever was asked for. */
  total: Type.Integer({ description: 'Rows held here.' }),
  matched: Type.Integer({ description: 'Of these, rows that fit what was asked for.' }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: 'Cursor of the next page; null: there is none.',
  }),
};

export interface PageAsked {
  readonly limit: number;
  readonly cursor: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly matched: number;
  readonly next: string | null;
}

/**
 * One page of rows that are in their order already.
 * Throws USAGE when the cursor names no row: what it named was let go, and the list has to be read from its beginning.
 */
export function pageOf<T>(
  ordered: readonly T[],
  { cursor, limit }: PageAsked,
  idOf: (row: T) => string,
  matches: (row: T) => boolean = () => true,
): Page<T> {
  const after = cursor === '' ? -1 : ordered.findIndex((row) => idOf(row) === cursor);
  if (cursor !== '' && after < 0)
    throw new ZeroError('USAGE', 'the cursor names no row of this list any more', {
      hint: 'Read the list from its beginning.',
    });
  const rows: T[] = [];
  let matched = 0;
  let more = false;
  ordered.forEach((row, index) => {
    if (!matches(row)) return;
    matched += 1;
    if (index <= after) return;
    if (rows.length < limit) rows.push(row);
    else more = true;
  });
  const last = rows.at(-1);
  return { rows, matched, next: more && last !== undefined ? idOf(last) : null };
}

/** The words of a question, in lower case. */
export function wordsOf(question: string): string[] {
  return question.toLowerCase().split(/\s+/).filter(Boolean);
}
