// RFC 6962 section 2.1 hashing: the only place where leaves and nodes of a log become hashes.

import { sha256, sha256Into } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';

/** Length of every tree hash: SHA-256. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

// One buffer for all node hashes: sha256 is synchronous and keeps no reference to its input.
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
nodeInput[0] = NODE_PREFIX;

/** Hash of a log record: SHA-256(0x00 || record). */
export function leafHash(record: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + record.length);
  input[0] = LEAF_PREFIX;
  input.set(record, 1);
  return sha256(input);
}

/** Hash of an inner node: SHA-256(0x01 || left || right). Both must be 32 bytes; callers check lengths at the codec. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

const LEFT = 1;
const RIGHT = 1 + HASH_BYTES;

/** A hash on its way up a tree: like nodeHash again and again, without an array for each step. Siblings are checked by the caller. */
export class RisingHash {
  readonly #node = new Uint8Array(1 + 2 * HASH_BYTES);

  constructor(start: Uint8Array) {
    this.#node[0] = NODE_PREFIX;
    this.#node.set(start, LEFT);
  }

  /** Becomes the parent of `sibling` (left) and itself. */
  joinLeft(sibling: Uint8Array): void {
    this.#node.copyWithin(RIGHT, LEFT, RIGHT);
    this.#node.set(sibling, LEFT);
    sha256Into(this.#node, this.#node, LEFT);
  }

  /** Becomes the parent of itself and `sibling` (right). */
  joinRight(sibling: Uint8Array): void {
    this.#node.set(sibling, RIGHT);
    sha256Into(this.#node, this.#node, LEFT);
  }

  /** The hash reached. */
  value(): Uint8Array {
    return this.#node.slice(LEFT, RIGHT);
  }
}

/** Refuses anything but 32 bytes. Throws DECODE_FAILED. */
export function requireHash(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array && value.length === HASH_BYTES) return value;
  throw new ZeroError('DECODE_FAILED', `${what} is not a hash of ${HASH_BYTES} bytes`);
}
