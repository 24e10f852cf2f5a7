// Fingerprint of a range of a large set: one subtraction of prefix sums, against a walk over the range.

import { RangeSet } from '../../protocol/reconcile/index.ts';
import type { Bench } from './bench.ts';
import { benchItems, peerStorage } from './negentropy.ts';

export const bench: Bench = {
  name: 'range-fingerprint',
  summary:
    'fingerprint of a range of a set, against the public JavaScript negentropy; both sets are built before',
  bar: { sign: '>=', value: 1_000 },
  async run({ random, compare, note }) {
    const count = 1_000_000;
    const items = benchItems(random('items'), count);
    const salt = random('salt').bytes(16);
    const started = performance.now();
    const set = RangeSet.of(items);
    const built = performance.now();
    const storage = peerStorage(items);
    note(
      `range-fingerprint: built in ${Math.round(built - started)} ms, the peer in ${Math.round(performance.now() - built)} ms`,
    );
    for (const [from, to] of [
      [0, count],
      [100_000, 200_000],
    ] as const) {
      await compare({
        case: `range of ${to - from}`,
        bar: { sign: '>=', value: (to - from) / 1_000 },
        sizes: { items: count, range: to - from },
        operations: 1,
        peerName: 'negentropy (nostr-tools)',
        ours: () => set.fingerprint(from, to, salt),
        peer: () => storage.fingerprint(from, to),
      });
    }
  },
};
