// From a quarantine order to 99 % of the nodes that keep the agent apart, and from its release to 99 % that do not. Against the bar of the
// project: two seconds.

import type { Bench } from './bench.ts';
import { endFleet, measureQuarantine, ONE_WAY_MS, percentile, startFleet } from './network-rig.ts';

/** Milliseconds that a fleet may take. */
const BAR_MS = 2_000;

export const bench: Bench = {
  name: 'quarantine-spread',
  summary: `ms from a quarantine order until 99 % of the nodes obey it, and from its release, links of ${ONE_WAY_MS} ms one way`,
  bar: { sign: '>=', value: 1 },
  end: endFleet,
  async run({ sizes, report }) {
    const nodes = sizes(10, 50);
    const orders = sizes(20, 10);
    const fleet = await startFleet(nodes);
    const { held, released } = await measureQuarantine(fleet, orders);
    for (const [what, samples] of [
      ['order', held],
      ['release', released],
    ] as const)
      for (const [label, p] of [
        ['median', 0.5],
        ['p99', 0.99],
      ] as const)
        report({
          case: `${what} to 99 % of the nodes, ${label}`,
          sizes: { nodes, orders, oneWayMs: ONE_WAY_MS },
          ours: percentile(samples, p),
          peer: BAR_MS,
          peerName: 'the bar of two seconds',
          unit: 'ms',
          better: 'lower',
        });
  },
};
