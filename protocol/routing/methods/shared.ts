// What several methods do alike.

import type { Knowledge } from '../knowledge.ts';
import type { Choice } from '../method.ts';
import type { DestinationId, NeighbourId, RoutingView } from '../ports.ts';

/** The choices with the fewest hops left: policies that do not learn ways choose among these. */
export function leastHops(choices: readonly Choice[]): readonly Choice[] {
  const least = Math.min(...choices.map(({ candidate }) => candidate.terms.hops ?? 0));
  return choices.filter(({ candidate }) => (candidate.terms.hops ?? 0) === least);
}

/** Least of own link cost and reported remainder, over all neighbours but the asker. */
export function remainderByMap(
  known: Knowledge,
  destination: DestinationId,
  view: RoutingView,
  now: number,
  exclude: NeighbourId | undefined,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (const neighbour of view.neighbours) {
    if (!neighbour.up || neighbour.id === exclude) continue;
    if (!neighbour.forwards && neighbour.id !== destination) continue;
    const link = known.links.costMs(neighbour, view.region, now);
    least = Math.min(least, link + known.map.cost(neighbour.id, destination, 'live'));
  }
  return least;
}
