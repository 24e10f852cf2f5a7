// From revocation to refusal on 99 % of the nodes, against polling a list every 30 s, as revocation lists are in use: a node that polls
// learns of it after a time that is uniform over the interval, drawn here with the same number of nodes.

import type { Bench } from './bench.ts';
import { endFleet, measureSpread, ONE_WAY_MS, percentile, startFleet } from './network-rig.ts';

const POLL_MS = 30_000;

export const bench: Bench = {
  name: 'revocation-spread',
  summary: `ms from revocation until 99 % of the nodes refuse the card, against polling every 30 s, links of ${ONE_WAY_MS} ms one way`,
  bar: { sign: '>=', value: 10 },
  end: endFleet,
  async run({ sizes, report, random }) {
    const nodes = sizes(10, 50);
    const revocations = sizes(20, 10);
    const fleet = await startFleet(nodes);
    const spread = await measureSpread(fleet, revocations);
    const stream = random('polls');
    const polled = Array.from({ length: revocations }, () =>
      percentile(
        Array.from({ length: nodes }, () => stream.unit() * POLL_MS),
        0.99,
      ),
    );
    for (const [label, p] of [
      ['median', 0.5],
      ['p99', 0.99],
    ] as const)
      report({
        case: `to 99 % of the nodes, ${label}`,
        sizes: { nodes, revocations, oneWayMs: ONE_WAY_MS },
        ours: percentile(spread, p),
        peer: percentile(polled, p),
        peerName: 'polling every 30 s',
        unit: 'ms',
        better: 'lower',
      });
  },
};
