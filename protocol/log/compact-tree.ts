// The append-only state of a log in O(log n): the roots of the complete subtrees that make up the tree.
// It stores nothing: append hands back the nodes that became complete, and the caller keeps them.

import { concatBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, requireHash } from './hash.ts';
import { half, isOdd, requireSize, TREE_SIZE_MAX } from './size.ts';

/** A complete subtree: the hash over records [index * 2^level, (index + 1) * 2^level). */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

const FORMAT = 1;
const HEADER_BYTES = 1 + 8;

/** Frontier of a Merkle tree: one hash for each set bit of the size, largest subtree first. */
export class CompactTree {
  #size = 0;
  #frontier: Uint8Array[] = [];

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Appends a leaf hash (32 bytes) in O(log n). Returns the nodes to store: the leaf first, then each parent it completed. */
  append(leaf: Uint8Array): TreeNode[] {
    requireHash(leaf, 'leaf');
    if (this.#size >= TREE_SIZE_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'the log is full');
    let index = this.#size;
    let hash = leaf;
    const completed: TreeNode[] = [{ level: 0, index, hash }];
    for (let level = 1; isOdd(index); level++) {
      hash = nodeHash(this.#frontier.pop() as Uint8Array, hash);
      index = half(index);
      completed.push({ level, index, hash });
    }
    this.#frontier.push(hash);
    this.#size += 1;
    return completed;
  }

  /** Root hash of the current tree; the hash of nothing for an empty one. */
  root(): Uint8Array {
    const last = this.#frontier.length - 1;
    if (last < 0) return EMPTY_ROOT;
    let hash = this.#frontier[last]!;
    for (let i = last - 1; i >= 0; i--) hash = nodeHash(this.#frontier[i]!, hash);
    return hash;
  }

  /** An independent copy, for appending on trial. */
  clone(): CompactTree {
    const copy = new CompactTree();
    copy.#size = this.#size;
    copy.#frontier = [...this.#frontier];
    return copy;
  }

  /** Bytes for storage: 0x01, the size as u64 big-endian, then the frontier's hashes, largest subtree first. */
  serialise(): Uint8Array {
    const header = new Uint8Array(HEADER_BYTES);
    header[0] = FORMAT;
    new DataView(header.buffer).setBigUint64(1, BigInt(this.#size));
    return concatBytes(header, ...this.#frontier);
  }

  /** The tree of serialise(). Throws DECODE_FAILED on any other bytes. */
  static restore(bytes: Uint8Array): CompactTree {
    if (bytes.length < HEADER_BYTES || bytes[0] !== FORMAT)
      throw new ZeroError('DECODE_FAILED', 'tree state has an unknown form');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tree = new CompactTree();
    tree.#size = requireSize(view.getBigUint64(1), 'tree size');
    for (let at = HEADER_BYTES; at < bytes.length; at += HASH_BYTES) {
      tree.#frontier.push(requireHash(bytes.slice(at, at + HASH_BYTES), 'frontier hash'));
    }
    if (tree.#frontier.length !== countSetBits(tree.#size))
      throw new ZeroError('DECODE_FAILED', 'tree state does not fit its size');
    return tree;
  }
}

function countSetBits(n: number): number {
  let count = 0;
  for (let rest = n; rest > 0; rest = half(rest)) if (isOdd(rest)) count++;
  return count;
}
