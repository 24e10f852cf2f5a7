// The figure of S/Kademlia: how many lookups succeed, by share of adversaries and number of disjoint paths, beside the paper's formula.

import { randomStream } from '../random.ts';
import { type Attack, lookUp } from './lookup.ts';
import { castAdversaries, makeNetwork } from './network.ts';

/** The paper's settings: nodes and bucket size. */
export const PAPER = { nodes: 10_000, k: 16 } as const;
/** Numbers of paths in the figure. */
export const PATHS: readonly number[] = [1, 2, 4, 8];
/**
 * What the paper says in words: with 8 paths and 20 % adversaries 99 % of the lookups succeed. With half of the nodes it is 85 %, as the
 * IPFS paper quotes it (Benet 2014, section 2.1.3).
 */
export const PUBLISHED: readonly {
  readonly share: number;
  readonly paths: number;
  readonly success: number;
}[] = [
  { share: 0.2, paths: 8, success: 0.99 },
  { share: 0.5, paths: 8, success: 0.85 },
];

export interface StudyOptions {
  readonly nodes: number;
  readonly k: number;
  readonly seed: number;
  readonly lookups: number;
  readonly shares: readonly number[];
  readonly paths: readonly number[];
  readonly attack: Attack;
}

/** One point of the figure. */
export interface StudyRow {
  readonly share: number;
  readonly paths: number;
  /** Share of the lookups that found their target. */
  readonly success: number;
  /** The paper's formula over the path lengths that the same network has without adversaries. */
  readonly formula: number;
  /** Nodes asked by a lookup, on average. */
  readonly asked: number;
}

/** Share of lookups that succeed when each path of h hops holds with (1 - share)^h, and one of d paths is enough. */
export function formula(hops: readonly number[], share: number, paths: number): number {
  const success = hops.reduce((sum, h) => sum + 1 - (1 - (1 - share) ** h) ** paths, 0);
  return hops.length === 0 ? 0 : success / hops.length;
}

/** Runs the lookups. Honest nodes look for honest nodes, the same pairs for every number of paths. */
export function studyDisjointPaths(options: StudyOptions): StudyRow[] {
  const { attack, k, lookups, nodes, seed } = options;
  const honest = makeNetwork({ nodes, k, share: 0, seed });
  const rows: StudyRow[] = [];
  for (const share of options.shares) {
    const network = { ...honest, isAdversary: castAdversaries(nodes, share, seed) };
    const pairs = choosePairs(network.isAdversary, lookups, seed);
    const lengths = pairs.map(([from, to]) => lookUp(honest, from, to, 1, attack).hops);
    for (const paths of options.paths) {
      let found = 0;
      let asked = 0;
      for (const [from, to] of pairs) {
        const outcome = lookUp(network, from, to, paths, attack);
        if (outcome.isFound) found += 1;
        asked += outcome.asked;
      }
      rows.push({
        share,
        paths,
        success: found / lookups,
        formula: formula(lengths, share, paths),
        asked: asked / lookups,
      });
    }
  }
  return rows;
}

function choosePairs(isAdversary: Uint8Array, count: number, seed: number): [from: number, to: number][] {
  const honest = [...isAdversary.keys()].filter((node) => isAdversary[node] === 0);
  const stream = randomStream(seed, 'lookups');
  return Array.from({ length: count }, () => {
    const from = honest[stream.below(honest.length)]!;
    let to = from;
    while (to === from) to = honest[stream.below(honest.length)]!;
    return [from, to];
  });
}
