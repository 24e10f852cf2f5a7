// RFC 6962 written down once more, recursively and slowly, to check the real one against; and an in-memory node store.

import { CompactTree, EMPTY_ROOT, type HashReader, leafHash, nodeHash } from '../../protocol/log/index.ts';

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH(D[n]) of section 2.1, over leaf hashes. */
export function slowRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return nodeHash(slowRoot(leaves.slice(0, k)), slowRoot(leaves.slice(k)));
}

/** PATH(m, D[n]) of section 2.1.1. */
export function slowInclusion(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return index < k
    ? [...slowInclusion(index, left), slowRoot(right)]
    : [...slowInclusion(index - k, right), slowRoot(left)];
}

/** SUBPROOF(m, D[n], b) of section 2.1.2. */
export function slowConsistency(from: number, leaves: readonly Uint8Array[], complete = true): Uint8Array[] {
  if (from === leaves.length) return complete ? [] : [slowRoot(leaves)];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  return from <= k
    ? [...slowConsistency(from, left, complete), slowRoot(right)]
    : [...slowConsistency(from - k, right, false), slowRoot(left)];
}

/** Leaf hashes of n small records. */
export function sampleLeaves(n: number): Uint8Array[] {
  return Array.from({ length: n }, (_, i) => leafHash(new TextEncoder().encode(`record ${i}`)));
}

/** A log in memory: its tree, every completed node, and a reader over them. */
export class MemoryTree implements HashReader {
  readonly tree = new CompactTree();
  readonly roots: Uint8Array[] = [EMPTY_ROOT];
  readonly #levels: Uint8Array[][] = [];

  readonly #keepRoots: boolean;

  /** With `roots: false` the root of each size is not kept: for large trees. */
  constructor(leaves: Iterable<Uint8Array> = [], options: { roots: boolean } = { roots: true }) {
    this.#keepRoots = options.roots;
    for (const leaf of leaves) this.append(leaf);
  }

  append(leaf: Uint8Array): void {
    for (const { level, hash } of this.tree.append(leaf)) {
      this.#levels[level] ??= [];
      this.#levels[level].push(hash);
    }
    if (this.#keepRoots) this.roots.push(this.tree.root());
  }

  node(level: number, index: number): Uint8Array | undefined {
    return this.#levels[level]?.[index];
  }
}
