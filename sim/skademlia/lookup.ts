// Lookups over disjoint paths (Baumgart and Mies, "S/Kademlia: A Practicable Approach Towards Secure Key-Based Routing", ICPADS 2007):
// the closest contacts are dealt out to d paths, and no node is asked by more than one of them.

import { closest, type Network } from './network.ts';

/** What an adversary does when it is asked. `lead`: the path is lost, as the paper counts it. `drop`: it is silent. */
export type Attack = 'lead' | 'drop';

/** What became of a lookup. */
export interface Outcome {
  readonly isFound: boolean;
  /** Nodes asked on the path that found the target first; -1 when none did. */
  readonly hops: number;
  /** Nodes asked on all paths. */
  readonly asked: number;
}

/** Nodes that one path asks at most, as a multiple of k: a path without adversaries needs three or four. */
const ASKED_PER_K_MAX = 2;

interface Path {
  readonly known: Set<number>;
  hops: number;
  isLost: boolean;
}

/** Looks a node up from another over `d` disjoint paths. The paths take turns, one question each. */
export function lookUp(network: Network, from: number, target: number, d: number, attack: Attack): Outcome {
  const { ids, isAdversary, k } = network;
  const wanted = ids[target]!;
  const distance = (node: number): number => (ids[node]! ^ wanted) >>> 0;
  const start = closest(network, from, wanted);
  if (start[0] === target) return { isFound: true, hops: 0, asked: 0 };
  const paths: Path[] = Array.from({ length: d }, () => ({ known: new Set(), hops: 0, isLost: false }));
  for (const [at, node] of start.entries()) paths[at % d]!.known.add(node);
  const used = new Set<number>([from]);
  let asked = 0;
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const path of paths) {
      if (path.isLost || path.hops >= ASKED_PER_K_MAX * k) continue;
      const next = nearest(path.known, used, distance);
      if (next === undefined) continue;
      isMoving = true;
      used.add(next);
      path.hops += 1;
      asked += 1;
      if (isAdversary[next] === 1) {
        path.isLost = attack === 'lead';
        continue;
      }
      for (const node of closest(network, next, wanted)) path.known.add(node);
      if (path.known.has(target)) return { isFound: true, hops: path.hops, asked };
    }
  }
  return { isFound: false, hops: -1, asked };
}

function nearest(
  known: ReadonlySet<number>,
  used: ReadonlySet<number>,
  distance: (node: number) => number,
): number | undefined {
  let best: number | undefined;
  for (const node of known)
    if (!used.has(node) && (best === undefined || distance(node) < distance(best))) best = node;
  return best;
}
