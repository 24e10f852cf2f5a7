// Hashes of the committed index: a binary trie over 256-bit keys in which a subtree with one leaf is that leaf (as in Diem's Jellyfish
// Merkle tree), so its shape follows from its keys alone, in whatever order they came.

import { sha256 } from '../crypto/index.ts';
import { HASH_BYTES } from '../log/index.ts';
import { TAG_BYTES } from './key-hash.ts';

const LEAF = 0x10;
const INNER = 0x11;
const LIST = 0x12;

/** Hash of a subtree without leaves. */
export const EMPTY_MAP: Uint8Array = new Uint8Array(HASH_BYTES);

const pair = new Uint8Array(1 + 2 * HASH_BYTES);
const step = new Uint8Array(1 + HASH_BYTES + 8 + TAG_BYTES);
const stepView = new DataView(step.buffer);
step[0] = LIST;

function pairHash(kind: number, first: Uint8Array, second: Uint8Array): Uint8Array {
  pair[0] = kind;
  pair.set(first, 1);
  pair.set(second, 1 + HASH_BYTES);
  return sha256(pair);
}

/** Hash of a key with the commitment to its list. */
export function mapLeaf(key: Uint8Array, list: Uint8Array): Uint8Array {
  return pairHash(LEAF, key, list);
}

/** Hash of two subtrees. */
export function mapInner(left: Uint8Array, right: Uint8Array): Uint8Array {
  return pairHash(INNER, left, right);
}

/** Commitment to a list with one more posting; that of the empty list is EMPTY_MAP. */
export function extendList(list: Uint8Array, index: number, tag: Uint8Array): Uint8Array {
  step.set(list, 1);
  stepView.setBigUint64(1 + HASH_BYTES, BigInt(index));
  step.set(tag, 1 + HASH_BYTES + 8);
  return sha256(step);
}

/** Bit `at` of a key, from the left. */
export function bitOf(key: Uint8Array, at: number): 0 | 1 {
  return ((key[at >> 3]! >> (7 - (at & 7))) & 1) as 0 | 1;
}
