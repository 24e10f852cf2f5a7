// Checks inclusion and consistency proofs by the algorithms of RFC 9162 sections 2.1.3.2 and 2.1.4.2, with nothing left over:
// an element too many or too few, a hash of another length, or a size without a tree is refused.

import { equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { EMPTY_ROOT, nodeHash, RisingHash, requireHash } from './hash.ts';
import { half, isOdd, isPowerOfTwo, requireSize } from './size.ts';

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number | bigint;
  readonly size: number | bigint;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  readonly from: number | bigint;
  readonly to: number | bigint;
  readonly proof: readonly Uint8Array[];
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
}

function refuse(message: string): never {
  throw new ZeroError('PROOF_INVALID', message);
}

/** Checks that a leaf is in a tree. Throws PROOF_INVALID, DECODE_FAILED (form) or LIMIT_EXCEEDED (a size of 2^53 or more). */
export function verifyInclusion(claim: InclusionClaim): void {
  requireHash(claim.root, 'root');
  if (!equalBytes(inclusionRoot(claim), claim.root)) refuse('the proof does not lead to the root');
}

/** The root that an inclusion proof leads to. Throws PROOF_INVALID when its length or the index does not fit the size. */
export function inclusionRoot(claim: Omit<InclusionClaim, 'root'>): Uint8Array {
  const size = requireSize(claim.size, 'tree size');
  const index = requireSize(claim.index, 'leaf index');
  if (index >= size) refuse('the leaf index is outside the tree');
  const rising = new RisingHash(requireHash(claim.leafHash, 'leaf hash'));
  let at = index;
  let last = size - 1;
  for (const sibling of claim.proof) {
    requireHash(sibling, 'proof element');
    if (last === 0) refuse('the proof has too many elements');
    if (isOdd(at) || at === last) {
      rising.joinLeft(sibling);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      rising.joinRight(sibling);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0) refuse('the proof has too few elements');
  return rising.value();
}

/** Checks that one tree is a prefix of another. Throws PROOF_INVALID, DECODE_FAILED (form) or LIMIT_EXCEEDED (size). */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const from = requireSize(claim.from, 'first tree size');
  const to = requireSize(claim.to, 'second tree size');
  requireHash(claim.fromRoot, 'first root');
  requireHash(claim.toRoot, 'second root');
  if (from > to) refuse('the first tree is larger than the second');
  // A tree of no leaves has one root only; any other root beside size 0 is a claim about nothing.
  if (from === 0 && !equalBytes(claim.fromRoot, EMPTY_ROOT))
    refuse('the first tree is empty, its root is not');
  if (to === 0 && !equalBytes(claim.toRoot, EMPTY_ROOT)) refuse('the second tree is empty, its root is not');
  if (from === 0 || from === to) {
    if (claim.proof.length !== 0) refuse('the proof has too many elements');
    if (from === to && !equalBytes(claim.fromRoot, claim.toRoot)) refuse('one size has two roots');
    return;
  }
  walkConsistency(from, to, claim);
}

function walkConsistency(from: number, to: number, claim: ConsistencyClaim): void {
  // A first tree that is one complete subtree is its own first element: its root is already known, and not sent.
  const first = isPowerOfTwo(from) ? claim.fromRoot : claim.proof[0];
  if (first === undefined) refuse('the proof has too few elements');
  const roots = consistencyRoots(from, to, first, isPowerOfTwo(from) ? claim.proof : claim.proof.slice(1));
  if (!equalBytes(roots.fromRoot, claim.fromRoot)) refuse('the proof does not lead to the first root');
  if (!equalBytes(roots.toRoot, claim.toRoot)) refuse('the proof does not lead to the second root');
}

/**
 * Both roots that a consistency proof leads to (0 < from < to): `first` is the hash of the rightmost complete subtree of the first
 * tree, `rest` are the elements after it. Throws PROOF_INVALID when their number does not fit, DECODE_FAILED on their form.
 */
export function consistencyRoots(
  from: number,
  to: number,
  first: Uint8Array,
  rest: readonly Uint8Array[],
): { fromRoot: Uint8Array; toRoot: Uint8Array } {
  let at = from - 1;
  let last = to - 1;
  while (isOdd(at)) {
    at = half(at);
    last = half(last);
  }
  let fromHash = requireHash(first, 'proof element');
  let toHash = fromHash;
  for (const element of rest) {
    requireHash(element, 'proof element');
    if (last === 0) refuse('the proof has too many elements');
    if (isOdd(at) || at === last) {
      fromHash = nodeHash(element, fromHash);
      toHash = nodeHash(element, toHash);
      while (!isOdd(at) && at !== 0) {
        at = half(at);
        last = half(last);
      }
    } else {
      toHash = nodeHash(toHash, element);
    }
    at = half(at);
    last = half(last);
  }
  if (last !== 0) refuse('the proof has too few elements');
  return { fromRoot: fromHash, toRoot: toHash };
}
