// Reads a whole list of the API, a page after the other, for commands that print all of it.

import type { ApiClient } from './client.ts';

/** Rows of one page: the most that a node gives. */
const PAGE_ROWS = 1_000;
/** Rows that a command reads at most: more is asked for with the API. */
const ROWS_MAX = 100_000;

/** Every row of a list. `path` may carry a query; `key` is the name of the list in the answer. */
export async function allRows<T>(client: Pick<ApiClient, 'get'>, path: string, key: string): Promise<T[]> {
  const rows: T[] = [];
  let cursor = '';
  do {
    const query = `${path.includes('?') ? '&' : '?'}limit=${PAGE_ROWS}&cursor=${encodeURIComponent(cursor)}`;
    const answer = await client.get<{ next: string | null } & Record<string, T[]>>(`${path}${query}`);
    rows.push(...(answer[key] ?? []));
    cursor = answer.next ?? '';
  } while (cursor !== '' && rows.length < ROWS_MAX);
  return rows;
}
