// Neighbours as a routing policy sees them, for tests: all alike but for what a test says.

import type { NeighbourView } from '../../protocol/routing/index.ts';

/** A relay of the own region, 20 ms away, idle and free. */
export const neighbour = (id: string, more: Partial<NeighbourView> = {}): NeighbourView => ({
  id,
  region: 'here',
  forwards: true,
  backbone: false,
  up: true,
  rttMs: 20,
  pricePerMiB: 0n,
  reputation: 1,
  inFlight: 0,
  ...more,
});
