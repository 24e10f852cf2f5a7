// The published result of Boyan and Littman (1993) again: mean delivery time over load on the irregular 6x6 grid, for shortest
// path, Q-routing and full echo. The rows hold our mean difference from the paper below the knee against what we promise.

import { GRID_POLICIES } from '../../sim/grid/paper.ts';
import { meanError, reproduce } from '../../sim/grid/reproduction.ts';
import type { Bench } from './bench.ts';

const TRIALS = 19;
const PROMISED = { 'shortest-path': 5, 'q-routing': 5, 'full-echo': 5 } as const;
const SECONDS_PROMISED = 90;

export const bench: Bench = {
  name: 'sim-grid',
  summary:
    'mean difference from the published delivery times of Boyan and Littman, below the knee, in per cent',
  bar: { sign: '<=', value: 1 },
  async run({ note, report, seed, sizes: pick }) {
    const trials = pick(TRIALS, 3 * TRIALS);
    const started = performance.now();
    for (const policy of GRID_POLICIES) {
      const points = reproduce(policy, { trials, seed });
      const cells = points.map(({ load, ours, paper }) => `${load}: ${ours.toFixed(2)} (${paper})`);
      note(`${policy}, ours (paper) by load: ${cells.join(', ')}`);
      report({
        case: `${policy}: difference from the paper`,
        sizes: { trials, points: points.filter(({ belowKnee }) => belowKnee).length },
        ours: 100 * meanError(points),
        peer: PROMISED[policy],
        peerName: 'promised',
        unit: '%',
        better: 'lower',
      });
    }
    report({
      case: 'seconds for the whole figure',
      sizes: { trials },
      ours: (performance.now() - started) / 1_000,
      peer: SECONDS_PROMISED,
      peerName: 'promised',
      unit: 's',
      better: 'lower',
    });
  },
};
