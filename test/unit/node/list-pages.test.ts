// Pages of lists: every row once, in order, whatever arrives in between; filters count what they match.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pageOf, wordsOf } from '../../../node/api/lists/page.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => `row-${index}`);
const self = (row: string) => row;

/** Every page of a list; `between` runs after each. */
function walk(
  list: () => readonly string[],
  limit: number,
  matches: (row: string) => boolean,
  between: () => void = () => {},
): string[] {
  const seen: string[] = [];
  let cursor = '';
  for (;;) {
    const page = pageOf(list(), { cursor, limit }, self, matches);
    seen.push(...page.rows);
    if (page.next === null) return seen;
    cursor = page.next;
    between();
  }
}

describe('pages of a list', () => {
  it('give every matching row once and in order, for every length, limit and filter', () => {
    fc.assert(
      fc.property(
        fc.nat(60),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 5 }),
        (count, limit, step) => {
          const rows = rowsOf(count);
          const matches = (row: string) => Number(row.slice(4)) % step === 0;
          assert.deepEqual(
            walk(() => rows, limit, matches),
            rows.filter(matches),
          );
          assert.equal(
            pageOf(rows, { cursor: '', limit }, self, matches).matched,
            rows.filter(matches).length,
          );
        },
      ),
    );
  });

  it('are not moved by rows that come at the front while somebody reads', () => {
    let rows = rowsOf(20);
    const read = walk(
      () => rows,
      6,
      () => true,
      () => {
        rows = [`new-${rows.length}`, ...rows];
      },
    );
    assert.deepEqual(read, rowsOf(20));
  });

  it('say that a list has to be read anew when what the cursor names is gone', () => {
    assert.throws(
      () => pageOf(rowsOf(5), { cursor: 'row-9', limit: 2 }, self),
      (error: unknown) => isZeroError(error) && error.code === 'USAGE' && /beginning/.test(error.hint),
    );
  });

  it('end with the last row that matches, also when others follow it', () => {
    const page = pageOf(rowsOf(10), { cursor: '', limit: 3 }, self, (row) => Number(row.slice(4)) < 3);
    assert.deepEqual([page.rows.length, page.next], [3, null]);
    assert.deepEqual(wordsOf('  Tax  FORMS '), ['tax', 'forms']);
  });
});
