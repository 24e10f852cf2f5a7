// A sorted set of ids with the sums of every prefix, so that the fingerprint of any range takes one subtraction and one hash,
// whatever its length. Immutable: a session sees one state from its first message to its last.

import { compareBytes } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { FINGERPRINT_BYTES, ID_BYTES, SALT_BYTES, SET_ITEMS_MAX } from './limits.ts';

/** An item: its id, a hash, and its place in the order (u64). The order must follow from what the id names (a time in it), or be 0. */
export interface Item {
  readonly order: bigint;
  readonly id: Uint8Array;
}

/** A place between items: before the first item whose order and id are not below it. `prefix` may be cut short. */
export interface Bound {
  readonly order: bigint;
  readonly prefix: Uint8Array;
}

const LIMBS = 8;
const U64_MAX = 2n ** 64n - 1n;
const LOW_32 = 0xffffffffn;

export class RangeSet {
  readonly size: number;
  /** Orders as two words: reading a BigUint64Array makes a BigInt each time. */
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #ids: Uint8Array;
  /** Sums mod 2^256 of the first n weights, in little-endian limbs of 32 bits. */
  readonly #sums: Uint32Array;
  readonly #input = new Uint8Array(SALT_BYTES + 8 + LIMBS * 4);
  readonly #view = new DataView(this.#input.buffer);

  private constructor(sorted: readonly Item[], itemSalt: Uint8Array | undefined) {
    this.size = sorted.length;
    this.#high = new Uint32Array(this.size);
    this.#low = new Uint32Array(this.size);
    this.#ids = new Uint8Array(this.size * ID_BYTES);
    sorted.forEach(({ order, id }, i) => {
      this.#high[i] = Number(order >> 32n);
      this.#low[i] = Number(order & LOW_32);
      this.#ids.set(id, i * ID_BYTES);
    });
    this.#sums = prefixSums(
      this.size,
      itemSalt === undefined ? (i) => this.id(i) : (i) => this.#salted(i, itemSalt),
    );
  }

  /**
   * A set of items in any order; duplicates count once. Without `itemSalt` an id is its own weight. Who can plant ids can then, with
   * work, plant a group whose sum is that of another; with a fresh `itemSalt` nobody can, at the price of a hash per item.
   * Throws DECODE_FAILED or LIMIT_EXCEEDED.
   */
  static of(items: readonly Item[], itemSalt?: Uint8Array): RangeSet {
    if (items.length > SET_ITEMS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a set has at most ${SET_ITEMS_MAX} items`);
    for (const { order, id } of items) {
      if (id.length !== ID_BYTES || order < 0n || order > U64_MAX) {
        throw new ZeroError('DECODE_FAILED', 'an item has an id of 32 bytes and a u64 order');
      }
    }
    const sorted = [...items]
      .sort(compareItems)
      .filter((item, i, all) => i === 0 || compareItems(all[i - 1]!, item) !== 0);
    return new RangeSet(sorted, itemSalt);
  }

  #salted(index: number, salt: Uint8Array): Uint8Array {
    const input = new Uint8Array(salt.length + 8 + ID_BYTES);
    const view = new DataView(input.buffer);
    input.set(salt);
    view.setUint32(salt.length, this.#high[index]!);
    view.setUint32(salt.length + 4, this.#low[index]!);
    input.set(this.id(index), salt.length + 8);
    return sha256(input);
  }

  /** Id of the item at a place; a view, not to be changed. */
  id(index: number): Uint8Array {
    return this.#ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  }

  /** The first six bytes of an item's weight, little-endian, as a number: enough to tell the few items of a list apart. */
  tag(index: number): number {
    const [from, to] = [index * LIMBS, (index + 1) * LIMBS];
    const low = this.#sums[to]! - this.#sums[from]!;
    const high = this.#sums[to + 1]! - this.#sums[from + 1]! - (low < 0 ? 1 : 0);
    return (low >>> 0) + (high & 0xffff) * 2 ** 32;
  }

  /** First place whose item is not below the bound; null is the end of all ranges. */
  lowerBound(bound: Bound | null): number {
    if (bound === null) return this.size;
    const high = Number(bound.order >> 32n);
    const low = Number(bound.order & LOW_32);
    let from = 0;
    let to = this.size;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#isBelow(middle, high, low, bound.prefix)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #isBelow(index: number, high: number, low: number, prefix: Uint8Array): boolean {
    if (this.#high[index] !== high) return this.#high[index]! < high;
    if (this.#low[index] !== low) return this.#low[index]! < low;
    for (let i = 0, at = index * ID_BYTES; i < prefix.length; i++, at++) {
      if (this.#ids[at] !== prefix[i]) return this.#ids[at]! < prefix[i]!;
    }
    return false;
  }

  /** The shortest bound between the item at `index` and the one before it (0 < index < size). */
  boundBefore(index: number): Bound {
    const order = (BigInt(this.#high[index]!) << 32n) | BigInt(this.#low[index]!);
    if (this.#high[index - 1] !== this.#high[index] || this.#low[index - 1] !== this.#low[index])
      return { order, prefix: new Uint8Array(0) };
    const [before, id] = [this.id(index - 1), this.id(index)];
    let shared = 0;
    while (shared < ID_BYTES - 1 && before[shared] === id[shared]) shared++;
    return { order, prefix: id.slice(0, shared + 1) };
  }

  /** Fingerprint of a range under a session's salt: SHA-256(salt || count as u64 || sum of 32 bytes), first 16 bytes. */
  fingerprint(from: number, to: number, salt: Uint8Array): Uint8Array {
    this.#input.set(salt);
    this.#view.setUint32(SALT_BYTES + 4, to - from);
    this.#subtract(to, from, this.#view, SALT_BYTES + 8);
    return sha256(this.#input).subarray(0, FINGERPRINT_BYTES);
  }

  #subtract(to: number, from: number, out: DataView, at: number): void {
    let borrow = 0;
    for (let limb = 0; limb < LIMBS; limb++) {
      const difference = this.#sums[to * LIMBS + limb]! - this.#sums[from * LIMBS + limb]! - borrow;
      borrow = difference < 0 ? 1 : 0;
      out.setUint32(at + limb * 4, difference >>> 0, true);
    }
  }
}

function compareItems(a: Item, b: Item): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return compareBytes(a.id, b.id);
}

function prefixSums(size: number, weight: (index: number) => Uint8Array): Uint32Array {
  const sums = new Uint32Array((size + 1) * LIMBS);
  for (let index = 0; index < size; index++) {
    const bytes = weight(index);
    const at = index * LIMBS;
    let carry = 0;
    for (let limb = 0, i = 0; limb < LIMBS; limb++, i += 4) {
      const value = (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)) >>> 0;
      const sum = sums[at + limb]! + value + carry;
      sums[at + LIMBS + limb] = sum;
      carry = sum > 0xffffffff ? 1 : 0;
    }
  }
  return sums;
}
