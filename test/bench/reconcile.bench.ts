// A whole reconciliation of two large sets that differ little: time of both sides together, and bytes of all messages.

import { RangeSet, startReconciliation, stepReconciliation } from '../../protocol/reconcile/index.ts';
import type { Bench } from './bench.ts';
import { benchItems, peerReconcile, peerStorage } from './negentropy.ts';

const CREDIT = 1_000_000;

function run(
  mine: RangeSet,
  theirs: RangeSet,
  salt: Uint8Array,
): { bytes: number; messages: number; found: number } {
  const sides = [theirs, mine];
  let message: Uint8Array | null = startReconciliation(mine, { salt });
  let bytes = 0;
  let messages = 0;
  const found = new Set<string>();
  while (message !== null) {
    bytes += message.length;
    messages++;
    const step = stepReconciliation(sides[(messages + 1) % 2]!, message, CREDIT);
    for (const id of [...step.need, ...step.have]) found.add(id.toHex());
    message = step.reply;
  }
  return { bytes, messages, found: found.size };
}

export const bench: Bench = {
  name: 'reconcile',
  summary:
    'reconciliation of two sets with few differences, against the public JavaScript negentropy; all sets are built before',
  bar: { sign: '>=', value: 50 },
  async run({ sizes, random, compare, report }) {
    for (const count of sizes([1_000_000], [100_000, 1_000_000])) {
      const items = benchItems(random(`items of ${count}`), count);
      const salt = random('salt').bytes(16);
      const stream = random(`differences of ${count}`);
      // Each side lacks fifty items of the other, anywhere in the set.
      const lacking = new Set(Array.from({ length: 100 }, () => stream.below(count)));
      const places = [...lacking];
      const [minePlaces, theirPlaces] = [new Set(places.slice(0, 50)), new Set(places.slice(50))];
      const mineItems = items.filter((_, i) => !minePlaces.has(i));
      const theirItems = items.filter((_, i) => !theirPlaces.has(i));
      const [mine, theirs] = [RangeSet.of(mineItems), RangeSet.of(theirItems)];
      const [peerMine, peerTheirs] = [peerStorage(mineItems), peerStorage(theirItems)];
      const [ours, peer] = [run(mine, theirs, salt), peerReconcile(peerMine, peerTheirs)];
      if (ours.found !== lacking.size || peer.found.size !== lacking.size)
        throw new Error('a side found other differences');
      const label = {
        sizes: { items: count, differences: lacking.size },
        peerName: 'negentropy (nostr-tools)',
      };
      await compare({
        ...label,
        case: `${count} items, ${lacking.size} differences`,
        operations: 1,
        ours: () => run(mine, theirs, salt),
        peer: () => peerReconcile(peerMine, peerTheirs),
      });
      report({
        ...label,
        case: `${count} items, bytes of all messages`,
        ours: ours.bytes,
        peer: peer.bytes,
        unit: 'bytes',
        better: 'lower',
        bar: { sign: '<=', value: 1 },
      });
    }
  },
};
