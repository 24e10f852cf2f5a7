// How many neighbours a mesh may have around its degree: as the node's own settings (node/gossip/options.ts) have them at degree 6.

const LOW_OF_DEGREE = 5 / 6;
const HIGH_OF_DEGREE = 8 / 6;

/** Below `low` a node grafts up to its degree, above `high` it prunes down to it (D_low and D_high of gossipsub). */
export function meshBounds(degree: number): { readonly low: number; readonly high: number } {
  return {
    low: Math.max(1, Math.floor(degree * LOW_OF_DEGREE)),
    high: Math.max(degree, Math.ceil(degree * HIGH_OF_DEGREE)),
  };
}
