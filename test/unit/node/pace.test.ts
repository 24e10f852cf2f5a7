// How often nodes speak of themselves: the network's announcements stay within a rate, and nobody is called gone between two of its own.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ANNOUNCEMENTS_PER_SECOND_MAX,
  announceEveryMs,
  CHANGES_AT_ONCE_MAX,
  changesAtOnce,
  changesRegained,
  PACED_NODES_MAX,
  pauseMs,
  silentAfterMs,
} from '../../../node/network/pace.ts';

const nodes = fc.integer({ min: 1, max: 100_000 });

describe('the pace of announcements', () => {
  it('all nodes together stay within the rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: PACED_NODES_MAX }), (count) => {
        const perSecond = (count * 1_000) / announceEveryMs(count);
        assert.ok(perSecond <= ANNOUNCEMENTS_PER_SECOND_MAX * 1.000_001);
        // Changes that are told before their time stay within the same again.
        assert.ok(perSecond * changesRegained(count) <= 1.21);
      }),
    );
  });

  it('a burst of changes is told a bounded number of times, however many nodes there are', () => {
    fc.assert(fc.property(nodes, (count) => assert.ok(count * changesAtOnce(count) <= CHANGES_AT_ONCE_MAX)));
    assert.equal(changesAtOnce(1), 4);
  });

  it('a small network speaks every ten seconds', () => {
    assert.equal(announceEveryMs(1), 10_000);
    assert.equal(announceEveryMs(25), 10_000);
    assert.equal(silentAfterMs(25), 35_000);
  });

  it('however many names there are, a node speaks often enough for five minutes of freshness', () => {
    fc.assert(fc.property(nodes, (count) => assert.ok(3 * pauseMs(count, false, 1) < 300_000)));
  });

  it('nodes that start together do not go on speaking together', () => {
    const lots = Array.from({ length: 50 }, (_, i) => i / 49);
    const every = announceEveryMs(50);
    const firsts = lots.map((lot) => pauseMs(50, true, lot));
    assert.deepEqual([Math.min(...firsts), Math.max(...firsts)], [0, every], 'spread over a whole pause');
    const later = lots.map((lot) => pauseMs(50, false, lot));
    assert.deepEqual([Math.min(...later), Math.max(...later)], [0.75 * every, 1.25 * every]);
  });

  it('a newcomer that hears the others one by one calls none of them gone before it has heard it again', () => {
    fc.assert(
      fc.property(nodes, (count) => {
        const roundMs = pauseMs(count, false, 1);
        // It has heard its share of all nodes by any time within their first round.
        for (let share = 0.05; share <= 1; share += 0.05)
          assert.ok(silentAfterMs(1 + Math.floor(count * share)) >= roundMs * share);
      }),
    );
  });
});
