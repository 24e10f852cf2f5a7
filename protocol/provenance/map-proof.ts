// Verifies map proofs: what lists the committed index holds for some keys, under its root. Strict: one form, nothing left over.

import { equalBytes, toHex } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { HASH_BYTES, TREE_SIZE_MAX } from '../log/index.ts';
import { type Posting, sortedKeys } from './index-map.ts';
import { TAG_BYTES } from './key-hash.ts';
import { LIST_POSTINGS_MAX, ROW_MAP_PROOF_BYTES_MAX } from './limits.ts';
import { bitOf, EMPTY_MAP, extendList, mapInner, mapLeaf } from './map-hash.ts';
import { OP_EMPTY, OP_HASH, OP_INNER, OP_LEAF, OP_LIST } from './map-ops.ts';

const KEY_BITS = HASH_BYTES * 8;
/** Bytes of an unsigned number of 53 bits in LEB128. */
const VARINT_BYTES_MAX = 8;

function refuse(message: string): never {
  throw new ZeroError('PROOF_INVALID', `map proof: ${message}`);
}

class Walk {
  readonly lists = new Map<string, readonly Posting[]>();
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    return byte === undefined ? refuse('it is cut off') : byte;
  }

  #take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) refuse('it is cut off');
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  #varint(): number {
    let value = 0;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 0x80 ** i;
      if (byte < 0x80) return byte === 0 && i > 0 ? refuse('a number has more than one spelling') : value;
    }
    return refuse('a number is too large');
  }

  end(): void {
    if (this.#at !== this.#bytes.length) refuse('bytes follow it');
  }

  /** Hash of the subtree that comes next, `depth` bits below the root, where `keys` are those asked below it. */
  hash(depth: number, keys: readonly Uint8Array[]): Uint8Array {
    const op = this.#byte();
    if (op === OP_EMPTY) {
      this.#absent(keys);
      return EMPTY_MAP;
    }
    if (op === OP_HASH)
      return keys.length === 0 ? this.#take(HASH_BYTES) : refuse('a key asked is hidden in a hash');
    if (keys.length === 0) refuse('it shows more than was asked');
    if (op === OP_LEAF) return this.#leaf(depth, keys);
    if (op === OP_LIST) return this.#list(depth, keys);
    if (op !== OP_INNER || depth >= KEY_BITS) refuse('it has an unknown part');
    let split = 0;
    while (split < keys.length && bitOf(keys[split]!, depth) === 0) split++;
    const left = this.hash(depth + 1, keys.slice(0, split));
    return mapInner(left, this.hash(depth + 1, keys.slice(split)));
  }

  #absent(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.lists.set(toHex(key), []);
  }

  // A leaf elsewhere says nothing about the keys asked: it must share their way from the root.
  #place(depth: number, keys: readonly Uint8Array[]): Uint8Array {
    const key = this.#take(HASH_BYTES);
    const [first] = keys as [Uint8Array];
    for (let bit = 0; bit < depth; bit++)
      if (bitOf(key, bit) !== bitOf(first, bit)) refuse('a leaf stands where it cannot');
    return key;
  }

  #leaf(depth: number, keys: readonly Uint8Array[]): Uint8Array {
    const key = this.#place(depth, keys);
    if (keys.some((asked) => equalBytes(asked, key))) refuse('the list of a key asked is hidden');
    this.#absent(keys);
    return mapLeaf(key, this.#take(HASH_BYTES));
  }

  #list(depth: number, keys: readonly Uint8Array[]): Uint8Array {
    const key = this.#place(depth, keys);
    if (!keys.some((asked) => equalBytes(asked, key))) refuse('it shows a list that was not asked for');
    const count = this.#varint();
    if (count === 0) refuse('a list is empty');
    if (count > LIST_POSTINGS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `map proof: a list has more than ${LIST_POSTINGS_MAX} postings`);
    const postings: Posting[] = [];
    let list = EMPTY_MAP;
    let index = -1;
    for (let i = 0; i < count; i++) {
      index += this.#varint() + 1;
      if (index > TREE_SIZE_MAX) refuse('an index is too large');
      const tag = this.#take(TAG_BYTES);
      list = extendList(list, index, tag);
      postings.push({ index, tag });
    }
    this.#absent(keys);
    this.lists.set(toHex(key), postings);
    return mapLeaf(key, list);
  }
}

/**
 * The lists of these keys under `root`, by the hexadecimal of the key; an empty one is proven to be empty.
 * Throws PROOF_INVALID, or LIMIT_EXCEEDED for a proof that is too long to look at.
 */
export function verifyMapProof(
  root: Uint8Array,
  keys: readonly Uint8Array[],
  proof: Uint8Array,
): ReadonlyMap<string, readonly Posting[]> {
  if (proof.length > ROW_MAP_PROOF_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `map proof is longer than ${ROW_MAP_PROOF_BYTES_MAX} bytes`);
  const walk = new Walk(proof);
  const found = walk.hash(0, sortedKeys(keys));
  walk.end();
  if (!equalBytes(found, root)) refuse('it does not lead to the root');
  return walk.lists;
}
