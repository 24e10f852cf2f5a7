// Power of two choices over a peak-sensitive moving average, as Finagle and Linkerd balance load: the average jumps up with a
// slow answer and decays slowly; of two neighbours drawn at random the cheaper takes the demand.

import { RecentMap } from '../../bounded/index.ts';
import type { Knowledge } from '../knowledge.ts';
import { NEIGHBOURS_MAX } from '../limits.ts';
import type { Method } from '../method.ts';
import type { NeighbourId } from '../ports.ts';
import { hopsTerm } from './hops.ts';
import { leastHops, remainderByMap } from './shared.ts';

/** Finagle's default. */
const DECAY_MS = 10_000;
/** What a failure is taken for. */
const FAILURE_MS = 2_000;

interface Peak {
  cost: number;
  at: number;
}

export function peakEwma(known: Knowledge): Method {
  const peaks = new RecentMap<NeighbourId, Peak>(NEIGHBOURS_MAX);
  return {
    name: 'peak-ewma-p2c',
    learns: false,
    sticks: false,
    weigh(neighbour, demand) {
      const peak = peaks.get(neighbour.id);
      return {
        terms: {
          hops: hopsTerm(known.map, neighbour.id, demand.destination),
          load: (peak?.cost ?? 0) * (neighbour.inFlight + 1),
        },
        confidence: peak === undefined ? 0 : 1,
      };
    },
    pick(choices, _demand, _now, random) {
      const near = leastHops(choices);
      if (near.length === 1) return { choice: near[0]!, reason: 'best' };
      const first = Math.floor(random.unit() * near.length);
      const second = (first + 1 + Math.floor(random.unit() * (near.length - 1))) % near.length;
      // Cheapest first, so the lower place is the cheaper.
      return { choice: near[Math.min(first, second)]!, reason: 'sampled' };
    },
    observe(event, now) {
      if (event.kind !== 'finished' && !(event.kind === 'handed' && !event.ok)) return;
      const sample = event.tookMs ?? FAILURE_MS;
      const peak = peaks.get(event.neighbour);
      if (peak === undefined) {
        peaks.set(event.neighbour, { cost: sample, at: now });
        return;
      }
      const left = Math.exp(-Math.max(0, now - peak.at) / DECAY_MS);
      peak.cost = sample > peak.cost ? sample : peak.cost * left + sample * (1 - left);
      peak.at = now;
    },
    remaining: (destination, view, now, exclude) => remainderByMap(known, destination, view, now, exclude),
  };
}
