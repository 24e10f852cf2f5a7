// The committed index in memory: key to the list of log entries that it is found in, as a binary trie with cached hashes. It only grows.
// Typed arrays throughout, so that a million keys cost some 200 MB and no garbage collector walks them.

import { ZeroError } from '../errors/index.ts';
import { HASH_BYTES } from '../log/index.ts';
import { ByteSink } from './byte-sink.ts';
import { TAG_BYTES } from './key-hash.ts';
import { INDEX_KEYS_MAX } from './limits.ts';
import { bitOf, EMPTY_MAP, extendList, mapInner, mapLeaf } from './map-hash.ts';
import { OP_EMPTY, OP_HASH, OP_INNER, OP_LEAF, OP_LIST } from './map-ops.ts';

/** Room for this many of each kind at first; doubled when it is full. */
const START = 256;

/** Words of an inner node: two children and two hashes. */
const NODE_WORDS = 2 + (2 * HASH_BYTES) / 4;

/** Where the hash of a child begins, in bytes. */
function hashAt(node: number, side: 0 | 1): number {
  return node * NODE_WORDS * 4 + 8 + side * HASH_BYTES;
}

/** One entry of a key's list. */
export interface Posting {
  /** Index in the log. */
  readonly index: number;
  readonly tag: Uint8Array;
}

function grown<T extends Uint8Array | Int32Array | Uint32Array | Float64Array>(array: T, needed: number): T {
  if (needed <= array.length) return array;
  const bigger = new (array.constructor as new (length: number) => T)(Math.max(needed, array.length * 2));
  bigger.set(array as never);
  return bigger;
}

/** An authenticated, append-only map. Children of a node: 0 for none, n > 0 for inner node n, -n for leaf n. */
export class IndexMap {
  // Leaf n at position n; position 0 is not used.
  #leaves = 0;
  #keys = new Uint8Array(START * HASH_BYTES);
  #lists = new Uint8Array(START * HASH_BYTES);
  #counts = new Uint32Array(START);
  #heads = new Uint32Array(START);
  #tails = new Uint32Array(START);
  // Inner node n: its two children and their hashes side by side, so that a proof reads one place a level and no other. `refs` and
  // `bytes` are views of one buffer.
  #inner = 0;
  #refs = new Int32Array(START * NODE_WORDS);
  #bytes = new Uint8Array(this.#refs.buffer);
  /** Bit 0: the left child's hash is out of date; bit 1: the right one's. */
  #dirty = new Uint8Array(START);
  // Postings, linked from the first of a key to its last.
  #postings = 0;
  #indexes = new Float64Array(START);
  #tags = new Uint8Array(START * TAG_BYTES);
  #next = new Uint32Array(START);
  #root = 0;
  #rootHash: Uint8Array | undefined = EMPTY_MAP;

  /** Keys held. */
  get keys(): number {
    return this.#leaves;
  }

  /** Postings held, over all keys. */
  get postings(): number {
    return this.#postings;
  }

  /** Length of a key's list. */
  count(key: Uint8Array): number {
    const leaf = this.#find(key);
    return leaf === 0 ? 0 : this.#counts[leaf]!;
  }

  /** A key's list, in the order of the log. */
  list(key: Uint8Array): Posting[] {
    const list: Posting[] = [];
    const leaf = this.#find(key);
    for (let at = leaf === 0 ? 0 : this.#heads[leaf]!; at !== 0; at = this.#next[at]!)
      list.push({ index: this.#indexes[at]!, tag: this.#tags.slice(at * TAG_BYTES, (at + 1) * TAG_BYTES) });
    return list;
  }

  /** Adds an entry to a key's list; entries come in the order of the log. Throws LIMIT_EXCEEDED or DECODE_FAILED. */
  add(key: Uint8Array, index: number, tag: Uint8Array): void {
    const leaf = this.#leafFor(key);
    const last = this.#tails[leaf]!;
    if (last !== 0 && this.#indexes[last]! >= index)
      throw new ZeroError('DECODE_FAILED', 'postings of a key must come in the order of the log');
    const at = ++this.#postings;
    this.#indexes = grown(this.#indexes, at + 1);
    this.#next = grown(this.#next, at + 1);
    this.#tags = grown(this.#tags, (at + 1) * TAG_BYTES);
    this.#indexes[at] = index;
    this.#tags.set(tag, at * TAG_BYTES);
    if (last === 0) this.#heads[leaf] = at;
    else this.#next[last] = at;
    this.#tails[leaf] = at;
    this.#counts[leaf]! += 1;
    const start = leaf * HASH_BYTES;
    this.#lists.set(extendList(this.#lists.subarray(start, start + HASH_BYTES), index, tag), start);
  }

  /** Commitment to all keys and lists. */
  root(): Uint8Array {
    this.#rootHash ??= this.#hashOf(this.#root);
    return this.#rootHash.slice();
  }

  /**
   * Proof of what the lists of these keys are, for verifyMapProof: one walk over the tree for all of them. Keys without a list are proven
   * to have none.
   */
  prove(keys: readonly Uint8Array[]): Uint8Array {
    const sink = new ByteSink();
    this.root();
    const sorted = sortedKeys(keys);
    if (sorted.length > 0 || this.#root === 0) this.#prove(this.#root, 0, sorted, 0, sorted.length, sink);
    else {
      sink.byte(OP_HASH);
      sink.slice(this.root(), 0, HASH_BYTES);
    }
    return sink.finish();
  }

  #keyBit(leaf: number, at: number): 0 | 1 {
    return ((this.#keys[leaf * HASH_BYTES + (at >> 3)]! >> (7 - (at & 7))) & 1) as 0 | 1;
  }

  #isKey(leaf: number, key: Uint8Array): boolean {
    const start = leaf * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) if (this.#keys[start + i] !== key[i]) return false;
    return true;
  }

  #find(key: Uint8Array): number {
    let at = this.#root;
    for (let depth = 0; at > 0; depth++) at = this.#refs[at * NODE_WORDS + bitOf(key, depth)]!;
    return at < 0 && this.#isKey(-at, key) ? -at : 0;
  }

  // Descends to the key's place, marking what will change, and makes room for a new key there.
  #leafFor(key: Uint8Array): number {
    this.#rootHash = undefined;
    let parent = 0;
    let side: 0 | 1 = 0;
    let at = this.#root;
    let depth = 0;
    while (at > 0) {
      parent = at;
      side = bitOf(key, depth++);
      this.#dirty[at]! |= 1 << side;
      at = this.#refs[at * NODE_WORDS + side]!;
    }
    if (at < 0 && this.#isKey(-at, key)) return -at;
    const leaf = this.#newLeaf(key);
    // Both leaves go down together until their bits differ.
    for (let apart = at === 0; !apart; ) {
      const node = this.#newInner();
      this.#put(parent, side, node);
      parent = node;
      side = bitOf(key, depth);
      const other = this.#keyBit(-at, depth++);
      apart = side !== other;
      if (apart) this.#put(node, other, at);
    }
    this.#put(parent, side, -leaf);
    return leaf;
  }

  #put(parent: number, side: 0 | 1, child: number): void {
    if (parent === 0) this.#root = child;
    else {
      this.#refs[parent * NODE_WORDS + side] = child;
      this.#dirty[parent]! |= 1 << side;
    }
  }

  #newLeaf(key: Uint8Array): number {
    if (this.#leaves >= INDEX_KEYS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `the index has more than ${INDEX_KEYS_MAX} keys`);
    const leaf = ++this.#leaves;
    this.#keys = grown(this.#keys, (leaf + 1) * HASH_BYTES);
    this.#lists = grown(this.#lists, (leaf + 1) * HASH_BYTES);
    this.#counts = grown(this.#counts, leaf + 1);
    this.#heads = grown(this.#heads, leaf + 1);
    this.#tails = grown(this.#tails, leaf + 1);
    this.#keys.set(key, leaf * HASH_BYTES);
    return leaf;
  }

  #newInner(): number {
    const node = ++this.#inner;
    this.#refs = grown(this.#refs, (node + 1) * NODE_WORDS);
    if (this.#bytes.buffer !== this.#refs.buffer) this.#bytes = new Uint8Array(this.#refs.buffer);
    this.#dirty = grown(this.#dirty, node + 1);
    return node;
  }

  // Depth is at most 256: keys are hashes, so that nobody can choose long shared beginnings.
  #hashOf(at: number): Uint8Array {
    if (at === 0) return EMPTY_MAP;
    if (at < 0) {
      const key = -at * HASH_BYTES;
      const end = key + HASH_BYTES;
      return mapLeaf(this.#keys.subarray(key, end), this.#lists.subarray(key, end));
    }
    for (const side of [0, 1] as const)
      if ((this.#dirty[at]! & (1 << side)) !== 0)
        this.#bytes.set(this.#hashOf(this.#refs[at * NODE_WORDS + side]!), hashAt(at, side));
    this.#dirty[at] = 0;
    const [left, right] = [hashAt(at, 0), hashAt(at, 1)];
    return mapInner(
      this.#bytes.subarray(left, left + HASH_BYTES),
      this.#bytes.subarray(right, right + HASH_BYTES),
    );
  }

  /** Writes the subtree at `at`, where the keys asked below it are those from `low` to `high`. */
  #prove(
    at: number,
    depth: number,
    keys: readonly Uint8Array[],
    low: number,
    high: number,
    sink: ByteSink,
  ): void {
    if (at === 0) sink.byte(OP_EMPTY);
    else if (at < 0) this.#proveLeaf(-at, keys.slice(low, high), sink);
    else {
      sink.byte(OP_INNER);
      let split = low;
      while (split < high && bitOf(keys[split]!, depth) === 0) split++;
      this.#proveChild(at, 0, depth, keys, low, split, sink);
      this.#proveChild(at, 1, depth, keys, split, high, sink);
    }
  }

  #proveChild(
    parent: number,
    side: 0 | 1,
    depth: number,
    keys: readonly Uint8Array[],
    low: number,
    high: number,
    sink: ByteSink,
  ): void {
    const child = this.#refs[parent * NODE_WORDS + side]!;
    if (low < high || child === 0) this.#prove(child, depth + 1, keys, low, high, sink);
    else {
      sink.byte(OP_HASH);
      sink.slice(this.#bytes, hashAt(parent, side), HASH_BYTES);
    }
  }

  #proveLeaf(leaf: number, keys: readonly Uint8Array[], sink: ByteSink): void {
    const asked = keys.some((key) => this.#isKey(leaf, key));
    sink.byte(asked ? OP_LIST : OP_LEAF);
    sink.slice(this.#keys, leaf * HASH_BYTES, HASH_BYTES);
    if (!asked) {
      sink.slice(this.#lists, leaf * HASH_BYTES, HASH_BYTES);
      return;
    }
    sink.varint(this.#counts[leaf]!);
    let before = -1;
    for (let at = this.#heads[leaf]!; at !== 0; at = this.#next[at]!) {
      sink.varint(this.#indexes[at]! - before - 1);
      sink.slice(this.#tags, at * TAG_BYTES, TAG_BYTES);
      before = this.#indexes[at]!;
    }
  }
}

/** Keys in their order, each once. */
export function sortedKeys(keys: readonly Uint8Array[]): Uint8Array[] {
  const sorted = [...keys].sort(compareKeys);
  return sorted.filter((key, i) => i === 0 || compareKeys(key, sorted[i - 1]!) !== 0);
}

function compareKeys(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < HASH_BYTES; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
