// Thompson sampling: each neighbour's expected time is a normal posterior with forgetting; a value is drawn from each, and the
// lowest takes the demand. Explores with payload, more where less is known.

import { RecentMap } from '../../bounded/index.ts';
import type { Knowledge } from '../knowledge.ts';
import { NEIGHBOURS_MAX } from '../limits.ts';
import type { Choice, Method } from '../method.ts';
import type { NeighbourId, RoutingRandom } from '../ports.ts';
import { hopsTerm } from './hops.ts';
import { leastHops, remainderByMap } from './shared.ts';

/** Weight of what was known before each sample: the memory is some twenty samples long. */
const KEEP = 0.95;
const FAILURE_MS = 2_000;
/** Before the first sample: optimistic and wide, so that each is tried. */
const PRIOR_MS = 50;
const PRIOR_DEVIATION_MS = 50;

interface Posterior {
  weight: number;
  sum: number;
  squares: number;
}

export function thompson(known: Knowledge): Method {
  const posteriors = new RecentMap<NeighbourId, Posterior>(NEIGHBOURS_MAX);
  const drawn = ({ candidate }: Choice, random: RoutingRandom): number => {
    const posterior = posteriors.get(candidate.neighbour);
    const weight = (posterior?.weight ?? 0) + 1;
    const mean = ((posterior?.sum ?? 0) + PRIOR_MS) / weight;
    const square = ((posterior?.squares ?? 0) + PRIOR_MS ** 2 + PRIOR_DEVIATION_MS ** 2) / weight;
    const deviation = Math.sqrt(Math.max(1, square - mean * mean) / weight);
    return mean + deviation * normal(random);
  };
  return {
    name: 'thompson',
    learns: false,
    sticks: false,
    weigh(neighbour, demand) {
      const posterior = posteriors.get(neighbour.id);
      const weight = posterior?.weight ?? 0;
      return {
        terms: {
          hops: hopsTerm(known.map, neighbour.id, demand.destination),
          mean: ((posterior?.sum ?? 0) + PRIOR_MS) / (weight + 1),
        },
        confidence: weight / (weight + 1),
      };
    },
    pick(choices, _demand, _now, random) {
      const near = leastHops(choices);
      let best = near[0]!;
      let least = Number.POSITIVE_INFINITY;
      for (const choice of near) {
        const value = drawn(choice, random);
        if (value < least) [best, least] = [choice, value];
      }
      return { choice: best, reason: 'sampled' };
    },
    observe(event) {
      if (event.kind !== 'finished' && !(event.kind === 'handed' && !event.ok)) return;
      const sample = Math.min(event.tookMs ?? FAILURE_MS, FAILURE_MS);
      const before = posteriors.get(event.neighbour) ?? { weight: 0, sum: 0, squares: 0 };
      posteriors.set(event.neighbour, {
        weight: before.weight * KEEP + 1,
        sum: before.sum * KEEP + sample,
        squares: before.squares * KEEP + sample * sample,
      });
    },
    remaining: (destination, view, now, exclude) => remainderByMap(known, destination, view, now, exclude),
  };
}

// Box and Muller, one of the pair.
function normal(random: RoutingRandom): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}
