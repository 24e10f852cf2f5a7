// The split learner: Q(x, y, d) = c(x, y) + V_y(d), with the link's cost c learned from every packet and probe, and the
// remainder V computed from what the relays report, never learned: a value that is computed cannot count to infinity. It
// explores with probes, never with payload, and stays at home while home is well.

import { RecentMap } from '../../bounded/index.ts';
import { worthStaying } from '../flows.ts';
import type { Knowledge } from '../knowledge.ts';
import { DESTINATIONS_MAX, NEIGHBOURS_MAX } from '../limits.ts';
import type { Choice, Method, Picked } from '../method.ts';
import { lossWeight, penalties } from '../penalties.ts';
import type { DestinationId, NeighbourId, NeighbourView, RoutingRandom, RoutingView } from '../ports.ts';
import { remainderByMap } from './shared.ts';

/** What each demand under way adds to a link's cost. */
const LOAD_SHARE = 0.2;
/** Of so many best the load is spread over. */
const BEST = 3;
/**
 * Ways that differ by less than each of these are as good as each other. Home, what is shortest when nothing is wrong, is left for no less than what
 * a flow or a path is left for (flows.ts): what is learned of a link moves with every pause of the processes at its ends.
 */
const ALIKE_SHARE = 0.15;
const ALIKE_MS = 5;
/**
 * Nor is a difference believed that chance makes: estimates of one link move by about its deviation, those of a whole way by some of them, and the
 * best of many is the luckiest. Counted is the deviation that half of the links stay below: what is common to all, and not the one that is at fault.
 */
const ALIKE_DEVIATIONS = 2;
/**
 * A relay through which ways take so much longer than it says is gone round, where that is possible: what is left of two late ways, or of one that failed.
 * Below lies what is noise (trust.ts).
 */
const SHUNNED_MS = 25;
/** Hops beyond those of the shortest way round that a demand keeps: whoever is on it may know of a fault there. */
const SPARE_HOPS = 1;
/** What is assumed behind a neighbour that reports nothing and has told us nothing. */
const REMAINDER_PRIOR_MS = 150;
const REMAINDER_MAX_MS = 600_000;
/** Confidence in a remainder that was told hop by hop instead of reported, and in one that is assumed. */
const TOLD_CONFIDENCE = 0.5;

interface Remainder {
  readonly ms: number;
  readonly confidence: number;
}

export function splitLearner(known: Knowledge): Method {
  // Remainders that neighbours told us with an acknowledgement: for destinations that no report names.
  const told = new RecentMap<DestinationId, RecentMap<NeighbourId, number>>(DESTINATIONS_MAX);

  const remainderOf = (id: NeighbourId, destination: DestinationId): Remainder => {
    if (id === destination) return { ms: 0, confidence: 1 };
    const reported = known.map.cost(id, destination, 'live');
    if (Number.isFinite(reported)) return { ms: reported, confidence: 1 };
    const heard = told.get(destination)?.get(id);
    if (heard !== undefined) return { ms: heard, confidence: TOLD_CONFIDENCE };
    // One that reports, and names no way, has none.
    if (known.map.knows(id)) return { ms: Number.POSITIVE_INFINITY, confidence: 0 };
    return { ms: REMAINDER_PRIOR_MS, confidence: 0 };
  };
  const hear = (destination: DestinationId, id: NeighbourId, ms: number): void => {
    if (!(ms >= 0)) return;
    const row = told.obtain(destination, () => new RecentMap(NEIGHBOURS_MAX));
    row.set(id, Math.min(ms, REMAINDER_MAX_MS));
  };

  return {
    name: 'split',
    learns: true,
    sticks: true,
    races: true,
    leaves(presentMs, choices, isMeasured) {
      const leastMs = choices[0]!.candidate.costMs;
      // What was measured is no guess: it need only be worse than what counts as alike, whatever chance does to estimates.
      if (isMeasured) return presentMs - leastMs > alikeMs(leastMs);
      return isLeft(presentMs, leastMs, chanceMs(choices));
    },
    weigh(neighbour: NeighbourView, demand, view: RoutingView, now) {
      const link = known.links.obtain(neighbour, view.region, now);
      const { srttMs, deviationMs, lossMs } = link.cost(now);
      const remainder = remainderOf(neighbour.id, demand.destination);
      const loss = lossMs * lossWeight(demand.bytes);
      return {
        terms: {
          link: srttMs,
          jitter: deviationMs,
          loss,
          remainder: remainder.ms,
          load: LOAD_SHARE * neighbour.inFlight * (srttMs + deviationMs + loss),
          ...penalties(neighbour, demand),
        },
        confidence: Math.min(remainder.confidence, link.confidence(now)),
      };
    },
    around(next, { destination, ttl }, now) {
      const suspects = known.trust.suspects(SHUNNED_MS, now);
      if (suspects.length === 0) return [];
      const way = known.map.authorsOnWay(next, destination);
      if (way.length === 0) return [];
      // From here to the first relay, between relays, and from the last one to the destination.
      const hops = way.length + 1 + SPARE_HOPS;
      return suspects.filter((id) => !way.includes(id)).slice(0, Math.max(0, ttl - hops));
    },
    pick: (choices, demand, _now, random) => pick(known, choices, demand.destination, random),
    observe(event) {
      if ((event.kind === 'handed' && event.remainingMs !== undefined) || event.kind === 'echoed')
        hear(event.destination, event.neighbour, event.remainingMs!);
    },
    remaining: (destination, view, now, exclude) => remainderByMap(known, destination, view, now, exclude),
  };
}

function pick(
  known: Knowledge,
  all: readonly Choice[],
  destination: DestinationId,
  random: RoutingRandom,
): Picked {
  const best = all[0]!;
  // Feasible as in Babel: whoever is no nearer than we are through the best would send it round.
  const feasible = all.filter(({ candidate }) => (candidate.terms.remainder ?? 0) < best.candidate.costMs);
  const choices = feasible.length > 0 ? feasible : all;
  const leastMs = choices[0]!.candidate.costMs;
  const byChanceMs = chanceMs(all);
  const home = homeOf(known, choices, destination);
  if (!isLeft(home.candidate.costMs, leastMs, byChanceMs)) return { choice: home, reason: 'kept' };
  const margin = Math.max(alikeMs(leastMs), byChanceMs);
  const alike = choices.filter(({ candidate }) => candidate.costMs - leastMs <= margin);
  const near = alike.slice(0, BEST);
  if (near.length < 2) return { choice: near[0]!, reason: 'best' };
  const first = Math.floor(random.unit() * near.length);
  const second = (first + 1 + Math.floor(random.unit() * (near.length - 1))) % near.length;
  return { choice: near[Math.min(first, second)]!, reason: 'sampled' };
}

const alikeMs = (leastMs: number): number => Math.max(ALIKE_MS, ALIKE_SHARE * leastMs);

// Whether the best is better than home, or than a path that stands, by enough and by more than chance makes.
function isLeft(presentMs: number, leastMs: number, byChanceMs: number): boolean {
  return !worthStaying(presentMs, leastMs) && presentMs - leastMs > byChanceMs;
}

function chanceMs(choices: readonly Choice[]): number {
  const deviations = choices.map(({ candidate }) => candidate.terms.jitter ?? 0).sort((a, b) => a - b);
  return ALIKE_DEVIATIONS * deviations[(deviations.length - 1) >> 1]!;
}

// The choice that is shortest when nothing is wrong.
function homeOf(known: Knowledge, choices: readonly Choice[], destination: DestinationId): Choice {
  let home = choices[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const { id } = choice.neighbour;
    const length =
      (known.links.get(id)?.baselineMs ?? Number.POSITIVE_INFINITY) +
      known.map.cost(id, destination, 'usual');
    if (length < least) [home, least] = [choice, length];
  }
  return home;
}
