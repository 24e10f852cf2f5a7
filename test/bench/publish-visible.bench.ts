// From publish to visible: a card is signed, stored with fsync, announced, pulled, verified and stored on every other node. Against a
// plain gossipsub broadcast of as many bytes over the same hosts and links, which stores and checks nothing.

import type { Bench } from './bench.ts';
import {
  endFleet,
  measureVisible,
  ONE_WAY_MS,
  percentile,
  startFleet,
  whatNodesTake,
  whatTravelled,
} from './network-rig.ts';

export const bench: Bench = {
  name: 'publish-visible',
  summary: `ms from publish until a node has the verified card on its disk, against a bare gossipsub broadcast, links of ${ONE_WAY_MS} ms one way`,
  bar: { sign: '<=', value: 40 },
  end: endFleet,
  async run({ sizes, report, note }) {
    const nodes = sizes(10, 50);
    const cards = 20;
    const fleet = await startFleet(nodes);
    note(await whatNodesTake(fleet));
    const { ours, plain } = await measureVisible(fleet, cards);
    note(await whatTravelled(fleet));
    for (const [label, p] of [
      ['p50', 0.5],
      ['p95', 0.95],
      ['p99', 0.99],
    ] as const)
      report({
        case: label,
        sizes: { nodes, cards, oneWayMs: ONE_WAY_MS },
        ours: percentile(ours, p),
        peer: percentile(plain, p),
        peerName: 'gossipsub broadcast of as many bytes, unchecked and unstored',
        unit: 'ms',
        better: 'lower',
      });
  },
};
