// Resolving a card that is in the DHT and nowhere else: cold (the node has not asked for that agent before) and warm (at once again), the
// whole distribution. Against one round trip to a peer: the least that any lookup over the network can take.

import type { Bench } from './bench.ts';
import { endFleet, measureResolve, ONE_WAY_MS, percentile, startFleet } from './network-rig.ts';

export const bench: Bench = {
  name: 'resolve',
  summary: `ms to resolve a card in the DHT, cold and warm, against one ping round trip, links of ${ONE_WAY_MS} ms one way`,
  bar: { sign: '<=', value: 5 },
  end: endFleet,
  async run({ sizes, report, note }) {
    const nodes = sizes(10, 50);
    const cards = sizes(30, 20);
    const fleet = await startFleet(nodes);
    const { missed, ...times } = await measureResolve(fleet, cards);
    note(`resolve: ${missed} of ${cards * 2} lookups found nothing`);
    for (const kind of ['cold', 'warm'] as const)
      for (const [label, p] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const)
        report({
          case: `${kind} ${label}`,
          sizes: { nodes, cards, missed, oneWayMs: ONE_WAY_MS },
          ours: percentile(times[kind], p),
          peer: percentile(times.ping, 0.5),
          peerName: 'one ping round trip, median',
          unit: 'ms',
          better: 'lower',
        });
  },
};
