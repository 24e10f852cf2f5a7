// Checks many inclusion proofs under one root. What one proof has shown of the upper tree need not be hashed again for the next:
// a path that reaches a node already proven only has to agree with it, and with the known siblings above. No less strict than
// verifyInclusion, and about three times as fast over a thousand proofs.

import { equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { RisingHash, requireHash } from './hash.ts';
import { half, isOdd, requireSize } from './size.ts';

/** Levels with more nodes than this are not kept: they repeat too seldom. It bounds the memory to some 16,000 hashes, 2 MB. */
const LEVEL_NODES_MAX = 8192;

interface Step {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

function refuse(message: string): never {
  throw new ZeroError('PROOF_INVALID', message);
}

/** Proofs under one tree head. Make one per checkpoint, and drop it with it. */
export class InclusionChecker {
  readonly #size: number;
  readonly #root: Uint8Array;
  readonly #known: (Uint8Array | undefined)[][] = [];
  readonly #firstLevel: number;

  constructor(head: { size: number; root: Uint8Array }) {
    this.#size = requireSize(head.size, 'tree size');
    this.#root = requireHash(head.root, 'root');
    let level = 0;
    for (let nodes = this.#size; nodes > LEVEL_NODES_MAX; nodes = half(nodes + 1)) level++;
    this.#firstLevel = level;
  }

  /** Checks one proof. Throws as verifyInclusion does. */
  verify(claim: { leafHash: Uint8Array; index: number | bigint; proof: readonly Uint8Array[] }): void {
    const { proof } = claim;
    let at = requireSize(claim.index, 'leaf index');
    if (at >= this.#size) refuse('the leaf index is outside the tree');
    const rising = new RisingHash(requireHash(claim.leafHash, 'leaf hash'));
    const fresh: Step[] = [];
    let last = this.#size - 1;
    let level = 0;
    for (let used = 0; used < proof.length; used++) {
      const sibling = requireHash(proof[used], 'proof element');
      if (last === 0) refuse('the proof has too many elements');
      // On the right border a node rises alone to the level where it has a left sibling; there it is known by its new name.
      if (at === last && !isOdd(at)) {
        for (; !isOdd(at); level++) {
          at = half(at);
          last = half(last);
        }
        if (level >= this.#firstLevel) fresh.push({ level, index: at, hash: rising.value() });
      }
      if (level >= this.#firstLevel) fresh.push({ level, index: isOdd(at) ? at - 1 : at + 1, hash: sibling });
      if (isOdd(at)) rising.joinLeft(sibling);
      else rising.joinRight(sibling);
      at = half(at);
      last = half(last);
      level++;
      if (level < this.#firstLevel) continue;
      const hash = rising.value();
      const known = this.#known[level]?.[at];
      if (known !== undefined) {
        if (!equalBytes(known, hash)) refuse('the proof does not lead to the root');
        this.#checkKnown(proof, used + 1, { at, last, level });
        this.#keep(fresh);
        return;
      }
      fresh.push({ level, index: at, hash });
    }
    if (last !== 0) refuse('the proof has too few elements');
    if (!equalBytes(rising.value(), this.#root)) refuse('the proof does not lead to the root');
    this.#keep(fresh);
  }

  /** The rest of a proof above a proven node: every element must be the sibling that an earlier proof has shown. */
  #checkKnown(
    proof: readonly Uint8Array[],
    from: number,
    start: { at: number; last: number; level: number },
  ): void {
    let { at, last, level } = start;
    for (let used = from; used < proof.length; used++) {
      const sibling = requireHash(proof[used], 'proof element');
      if (last === 0) refuse('the proof has too many elements');
      for (; at === last && !isOdd(at); level++) {
        at = half(at);
        last = half(last);
      }
      const known = this.#known[level]?.[isOdd(at) ? at - 1 : at + 1];
      if (known === undefined || !equalBytes(known, sibling)) refuse('the proof does not lead to the root');
      at = half(at);
      last = half(last);
      level++;
    }
    if (last !== 0) refuse('the proof has too few elements');
  }

  #keep(steps: readonly Step[]): void {
    for (const { level, index, hash } of steps) {
      this.#known[level] ??= [];
      this.#known[level][index] ??= hash;
    }
  }
}
