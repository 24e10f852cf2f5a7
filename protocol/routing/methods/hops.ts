// Hops that are left behind a neighbour, for the policies that know nothing finer of the way.

import type { NetworkMap } from '../network-map.ts';
import type { DestinationId, NeighbourId } from '../ports.ts';

/** One hop more is never worth it for a policy that counts hops, in milliseconds. */
const HOP_MS = 10_000;
/** What is assumed of a neighbour that reports nothing. */
const UNKNOWN_HOPS = 2;

/** Weight of the hops from a neighbour to the destination; Infinity when its reports know no way. */
export function hopsTerm(map: NetworkMap, neighbour: NeighbourId, destination: DestinationId): number {
  if (neighbour === destination) return 0;
  return (map.knows(neighbour) ? map.hops(neighbour, destination, 'hops') : UNKNOWN_HOPS) * HOP_MS;
}
