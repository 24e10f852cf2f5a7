// The irregular 6x6 grid of Boyan and Littman: "Packet Routing in Dynamically Changing Networks: A Reinforcement Learning
// Approach" (NIPS 1993), figure 1. Two halves joined by few links, so that short paths crowd one of them.

/** Nodes of a side; nodes are numbered row by row. */
const SIDE = 6;
/** Links of the full grid that are not there. */
const MISSING: readonly (readonly [number, number])[] = [
  [2, 3],
  [8, 9],
  [14, 15],
  [24, 25],
  [26, 27],
  [28, 29],
  [25, 31],
  [26, 32],
  [27, 33],
  [28, 34],
];

/** Neighbours of each node. */
export type Grid = readonly Int32Array[];

/** The grid of the paper: 36 nodes, 50 links. */
export function irregularGrid(): Grid {
  const missing = new Set(MISSING.map(([a, b]) => `${a}-${b}`));
  const neighbours: number[][] = Array.from({ length: SIDE * SIDE }, () => []);
  const join = (a: number, b: number): void => {
    if (missing.has(`${a}-${b}`)) return;
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  };
  for (let node = 0; node < SIDE * SIDE; node++) {
    if (node % SIDE !== SIDE - 1) join(node, node + 1);
    if (node < SIDE * (SIDE - 1)) join(node, node + SIDE);
  }
  return neighbours.map((ends) => Int32Array.from(ends));
}

/** Hops between any two nodes: `hops[from][to]`. */
export function hopCounts(grid: Grid): readonly Int32Array[] {
  return grid.map((_, from) => {
    const hops = new Int32Array(grid.length).fill(-1);
    hops[from] = 0;
    const queue = [from];
    for (const at of queue)
      for (const next of grid[at]!) {
        if (hops[next] !== -1) continue;
        hops[next] = hops[at]! + 1;
        queue.push(next);
      }
    return hops;
  });
}
