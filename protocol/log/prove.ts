// Makes inclusion and consistency proofs (RFC 6962 sections 2.1.1 and 2.1.2) from nodes that the caller keeps.
// A proof is first planned as ranges of leaves, then each range is folded from stored nodes: O(log n) reads and hashes.

import { ZeroError } from '../errors/index.ts';
import { nodeHash, requireHash } from './hash.ts';
import { isPowerOfTwo, requireSize, splitPoint } from './size.ts';

/** Where a complete subtree sits; see TreeNode. */
export interface NodeRef {
  readonly level: number;
  readonly index: number;
}

/** Reads stored nodes. `undefined` means the caller does not hold the node. */
export interface HashReader {
  node(level: number, index: number): Uint8Array | undefined;
}

/** The same for storage that answers later. */
export interface AsyncHashReader {
  node(level: number, index: number): Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** Nodes to read for a proof: each element of the proof is the right fold of one inner list. */
export type ProofPlan = readonly (readonly NodeRef[])[];

/** Plan of the proof that leaf `index` is in the tree of `size`. Throws LIMIT_EXCEEDED or DECODE_FAILED on impossible numbers. */
export function planInclusion(size: number, index: number): ProofPlan {
  requireSize(size, 'tree size');
  requireSize(index, 'leaf index');
  if (index >= size) throw new ZeroError('DECODE_FAILED', 'leaf index is outside the tree');
  const plan: NodeRef[][] = [];
  let low = 0;
  let high = size;
  while (high - low > 1) {
    const middle = low + splitPoint(high - low);
    if (index < middle) {
      plan.push(planRange(middle, high));
      high = middle;
    } else {
      plan.push(planRange(low, middle));
      low = middle;
    }
  }
  return plan.reverse();
}

/** Plan of the proof that the tree of `from` is a prefix of the tree of `to`. Empty when from is 0 or equals to. */
export function planConsistency(from: number, to: number): ProofPlan {
  const plan = planExplicitConsistency(from, to);
  // RFC 6962 leaves out the first element when it is the first tree's own root, which the verifier holds.
  return plan.length > 0 && isPowerOfTwo(from) ? plan.slice(1) : plan;
}

/** The same with the first element always there; see equivocation.ts. Empty when from is 0 or equals to. */
export function planExplicitConsistency(from: number, to: number): ProofPlan {
  requireSize(from, 'first tree size');
  requireSize(to, 'second tree size');
  if (from > to) throw new ZeroError('DECODE_FAILED', 'first tree is larger than the second');
  if (from === 0 || from === to) return [];
  const plan: NodeRef[][] = [];
  let low = 0;
  let high = to;
  while (from !== high) {
    const middle = low + splitPoint(high - low);
    if (from <= middle) {
      plan.push(planRange(middle, high));
      high = middle;
    } else {
      plan.push(planRange(low, middle));
      low = middle;
    }
  }
  plan.push(planRange(low, high));
  return plan.reverse();
}

/** Plan of the root of the tree of `size` (a single element), for sizes from 1. */
export function planRoot(size: number): ProofPlan {
  requireSize(size, 'tree size');
  return size === 0 ? [] : [planRange(0, size)];
}

/** Complete subtrees that make up leaves [low, high), left to right; low is a multiple of the first one's width. */
export function planRange(low: number, high: number): NodeRef[] {
  const refs: NodeRef[] = [];
  let at = low;
  while (at < high) {
    const rest = high - at;
    const width = rest === 1 ? 1 : splitPoint(rest) * 2 === rest ? rest : splitPoint(rest);
    refs.push({ level: Math.log2(width), index: at / width });
    at += width;
  }
  return refs;
}

/** Folds one element's nodes into its hash. */
function fold(hashes: readonly Uint8Array[]): Uint8Array {
  let hash = hashes[hashes.length - 1]!;
  for (let i = hashes.length - 2; i >= 0; i--) hash = nodeHash(hashes[i]!, hash);
  return hash;
}

function held(hash: Uint8Array | undefined, ref: NodeRef): Uint8Array {
  if (hash === undefined) {
    throw new ZeroError('NODE_MISSING', 'a stored tree node is missing', {
      details: { level: ref.level, index: ref.index },
    });
  }
  return requireHash(hash, 'stored tree node');
}

/** Reads and folds a plan. Throws NODE_MISSING. */
export function readPlan(plan: ProofPlan, reader: HashReader): Uint8Array[] {
  return plan.map((refs) => fold(refs.map((ref) => held(reader.node(ref.level, ref.index), ref))));
}

/** readPlan over asynchronous storage. */
export async function readPlanAsync(plan: ProofPlan, reader: AsyncHashReader): Promise<Uint8Array[]> {
  return Promise.all(
    plan.map(async (refs) =>
      fold(await Promise.all(refs.map(async (ref) => held(await reader.node(ref.level, ref.index), ref)))),
    ),
  );
}

/** Inclusion proof of leaf `index` in the tree of `size`, leaf's sibling first. Throws NODE_MISSING. */
export function inclusionProof(size: number, index: number, reader: HashReader): Uint8Array[] {
  return readPlan(planInclusion(size, index), reader);
}

/** inclusionProof over asynchronous storage. */
export async function inclusionProofAsync(
  size: number,
  index: number,
  reader: AsyncHashReader,
): Promise<Uint8Array[]> {
  return readPlanAsync(planInclusion(size, index), reader);
}

/** Consistency proof between the trees of two sizes. Throws NODE_MISSING. */
export function consistencyProof(from: number, to: number, reader: HashReader): Uint8Array[] {
  return readPlan(planConsistency(from, to), reader);
}

/** consistencyProof over asynchronous storage. */
export async function consistencyProofAsync(
  from: number,
  to: number,
  reader: AsyncHashReader,
): Promise<Uint8Array[]> {
  return readPlanAsync(planConsistency(from, to), reader);
}
