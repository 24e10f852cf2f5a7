// Parts of a log that are smaller than they could be: counted where a peer cut them by choice, and only there.

import assert from 'node:assert/strict';
import { Crumbs, type Part } from '../../../node/sync/crumbs.ts';

const ENTRIES_MAX = 10;
/** How many of these parts count; each may have 1,000 bytes. */
function counted(...parts: Partial<Part>[]): number {
  const crumbs = new Crumbs(ENTRIES_MAX);
  let count = 0;
  for (const part of parts)
    count = crumbs.take({ bytes: 100, credit: 1_000, entries: 1, isMore: true, ...part });
  return count;
}

describe('crumbs of a log', () => {
  it('are small parts after small ones', () => {
    assert.equal(counted({}), 0, 'a large entry may follow');
    assert.equal(counted({}, {}, {}), 2);
    assert.equal(counted({ bytes: 300 }, { bytes: 199 }), 1);
  });

  it('are no small parts before large ones, nor after them', () => {
    assert.equal(counted({}, { bytes: 950 }, {}, { bytes: 950 }, {}), 0);
    assert.equal(counted({ bytes: 300 }, { bytes: 200 }), 0, 'half of what was granted is enough');
  });

  it('are no parts that have as many entries as a part may have', () => {
    assert.equal(counted({ entries: ENTRIES_MAX }, { entries: ENTRIES_MAX }, {}), 0);
    assert.equal(counted({ entries: ENTRIES_MAX - 1 }, {}), 1);
  });

  it('are no parts after which nothing was left of what was asked for', () => {
    assert.equal(counted({ isMore: false }, { isMore: false }, {}), 0);
  });

  it('are measured by what was granted for the first of two', () => {
    assert.equal(counted({ credit: 300 }, { credit: 10_000 }), 0);
    assert.equal(counted({ credit: 10_000 }, { credit: 300 }), 1);
  });
});
