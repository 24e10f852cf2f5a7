// The policies that others use, to compare with: direct, nearest, lowest round trip, shortest path.

import type { Knowledge } from '../knowledge.ts';
import { priorRttMs } from '../link-book.ts';
import type { Method, Picked, Weight } from '../method.ts';
import type { DestinationId, NeighbourId, NeighbourView, RoutingView } from '../ports.ts';
import { hopsTerm } from './hops.ts';

type Terms = (
  neighbour: NeighbourView,
  destination: DestinationId,
  view: RoutingView,
  now: number,
) => Record<string, number>;

// Never unsure, never elsewhere than at the cheapest.
function baseline(name: string, terms: Terms): Method {
  return {
    name,
    learns: false,
    sticks: false,
    weigh: (neighbour, demand, view, now): Weight => ({
      terms: terms(neighbour, demand.destination, view, now),
      confidence: 1,
    }),
    pick: (choices): Picked => ({
      choice: choices[0]!,
      reason: 'best',
    }),
    remaining(destination, view, now, exclude) {
      let least = Number.POSITIVE_INFINITY;
      for (const neighbour of view.neighbours) {
        if (!neighbour.up || neighbour.id === exclude) continue;
        if (!neighbour.forwards && neighbour.id !== destination) continue;
        const parts = Object.values(terms(neighbour, destination, view, now));
        least = Math.min(least, parts.reduce((sum, part) => sum + part, 0)); // biome-ignore format: one sum
      }
      return least;
    },
  };
}

/** Only the destination itself, else the backbone: what a network without routing does. */
export function direct(): Method {
  return baseline('direct', (neighbour, destination): Record<string, number> => {
    if (neighbour.id === destination) return { link: 0 };
    return { backbone: neighbour.backbone ? 1 : Number.POSITIVE_INFINITY };
  });
}

const baselineMs = (known: Knowledge, neighbour: NeighbourView, view: RoutingView): number =>
  known.links.get(neighbour.id)?.baselineMs ?? priorRttMs(neighbour, view.region);

/** Fewest hops, then the neighbour whose link is shortest when nothing is wrong. */
export function nearest(known: Knowledge): Method {
  return baseline('nearest', (neighbour, destination, view) => ({
    hops: hopsTerm(known.map, neighbour.id, destination),
    link: baselineMs(known, neighbour, view),
  }));
}

/** Fewest hops, then the lowest smoothed round trip now. */
export function lowestRtt(known: Knowledge): Method {
  return baseline('lowest-rtt', (neighbour, destination, view, now) => ({
    hops: hopsTerm(known.map, neighbour.id, destination),
    link: known.links.get(neighbour.id)?.cost(now).srttMs ?? priorRttMs(neighbour, view.region),
  }));
}

/** The least sum of link costs when nothing is wrong: the best of all fixed paths, as long as its links are up. */
export function shortestPath(known: Knowledge): Method {
  return baseline('shortest-path', (neighbour, destination, view) => ({
    link: baselineMs(known, neighbour, view),
    remainder: restMs(known, neighbour.id, destination),
  }));
}

function restMs(known: Knowledge, neighbour: NeighbourId, destination: DestinationId): number {
  return known.map.cost(neighbour, destination, 'usual');
}
