// Who cannot be chosen, whatever the policy: the rules that keep paths free of loops and within what the sender allowed.

import type { Demand, Exclusion, NeighbourView, RoutingView } from './ports.ts';

/** Why a neighbour may not take a demand; undefined when it may. */
export function exclusion(
  neighbour: NeighbourView,
  demand: Demand,
  view: RoutingView,
): Exclusion | undefined {
  const { id } = neighbour;
  if (!neighbour.up) return 'down';
  // A set of a path's hops is the one guard that holds however wrong the estimates are.
  if (id === view.self || demand.visited.includes(id)) return 'visited';
  if (neighbour.allowed === false) return 'forbidden';
  const ends = id === demand.destination;
  if (!ends && !neighbour.forwards) return 'endpoint';
  if (demand.ttl < (ends ? 1 : 2)) return 'ttl';
  if (!ends && demand.region !== undefined && neighbour.region !== demand.region) return 'region';
  if (demand.priceCeiling !== undefined && neighbour.pricePerMiB > demand.priceCeiling) return 'price';
  return undefined;
}
