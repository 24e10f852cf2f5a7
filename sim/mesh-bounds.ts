// The settings of gossip that the models go by: the node's own (node/gossip/options.ts), and what follows from them at another degree.

import { MESH_DEGREE, MESH_DEGREE_HIGH, MESH_DEGREE_LOW } from '../node/gossip/options.ts';

export { TOLD_PEERS, TOLD_SHARE } from '../node/gossip/options.ts';

/** Heartbeats for which a thing is announced (the library's `mcacheGossip`). */
export const TOLD_HEARTBEATS = 3;

/** Below `low` a node grafts up to its degree, above `high` it prunes down to it (D_low and D_high of gossipsub). */
export function meshBounds(degree: number): { readonly low: number; readonly high: number } {
  return {
    low: Math.max(1, Math.floor((degree * MESH_DEGREE_LOW) / MESH_DEGREE)),
    high: Math.max(degree, Math.ceil((degree * MESH_DEGREE_HIGH) / MESH_DEGREE)),
  };
}
