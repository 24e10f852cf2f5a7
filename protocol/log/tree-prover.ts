// Makes many inclusion proofs for one tree size. The hashes of the incomplete right edge belong to the size alone, so they are
// folded once; each proof is then one read per level.

import { ZeroError } from '../errors/index.ts';
import { type HashReader, planRange, readPlan } from './prove.ts';
import { half, isOdd, requireSize } from './size.ts';

/** Inclusion proofs in the tree of one size. Make one per checkpoint. */
export class TreeProver {
  readonly #size: number;
  readonly #nodes: HashReader;
  /** Hash over [last node of the level * 2^level, size), where that node is incomplete. */
  readonly #edge: (Uint8Array | undefined)[] = [];

  constructor(size: number, nodes: HashReader) {
    this.#size = requireSize(size, 'tree size');
    this.#nodes = nodes;
  }

  /** The same proof as inclusionProof(size, index, nodes). Throws NODE_MISSING, or DECODE_FAILED for an index outside the tree. */
  inclusion(index: number): Uint8Array[] {
    if (requireSize(index, 'leaf index') >= this.#size)
      throw new ZeroError('DECODE_FAILED', 'leaf index is outside the tree');
    const proof: Uint8Array[] = [];
    let at = index;
    let last = this.#size - 1;
    let complete = this.#size;
    for (let level = 0; last > 0; level++) {
      const sibling = isOdd(at) ? at - 1 : at + 1;
      if (sibling < complete) proof.push(this.#node(level, sibling));
      else if (sibling === last) proof.push(this.#edgeAt(level, sibling));
      at = half(at);
      last = half(last);
      complete = half(complete);
    }
    return proof;
  }

  #node(level: number, index: number): Uint8Array {
    const hash = this.#nodes.node(level, index);
    if (hash === undefined)
      throw new ZeroError('NODE_MISSING', 'a stored tree node is missing', { details: { level, index } });
    return hash;
  }

  #edgeAt(level: number, index: number): Uint8Array {
    const known = this.#edge[level];
    if (known !== undefined) return known;
    const [hash] = readPlan([planRange(index * 2 ** level, this.#size)], this.#nodes);
    this.#edge[level] = hash;
    return hash!;
  }
}
