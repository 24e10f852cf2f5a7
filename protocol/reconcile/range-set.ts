// A sorted set of ids with the sums of every prefix, so that the fingerprint of any range takes one subtraction and one hash,
// whatever its length. Immutable: a session sees one state from its first message to its last.

import { compareBytes } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { FINGERPRINT_BYTES, ID_BYTES, SALT_BYTES, SET_ITEMS_MAX } from './limits.ts';

/** An item: its place in the order (u64, for instance a time; 0 when there is none) and its id, a hash. */
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
const ORDER_BYTES = 8;
const U64_MAX = 2n ** 64n - 1n;

export class RangeSet {
  readonly size: number;
  readonly #orders: BigUint64Array;
  readonly #ids: Uint8Array;
  /** Sums mod 2^256 of the first n weights, in little-endian limbs of 32 bits. */
  readonly #sums: Uint32Array;

  private constructor(orders: BigUint64Array, ids: Uint8Array, weight: (index: number) => Uint8Array) {
    this.size = orders.length;
    this.#orders = orders;
    this.#ids = ids;
    this.#sums = prefixSums(this.size, weight);
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
      if (id.length !== ID_BYTES || order < 0n || order > U64_MAX)
        throw new ZeroError('DECODE_FAILED', 'an item has an id of 32 bytes and a u64 order');
    }
    const sorted = [...items]
      .sort(compareItems)
      .filter((item, i, all) => i === 0 || compareItems(all[i - 1]!, item) !== 0);
    const orders = new BigUint64Array(sorted.length);
    const ids = new Uint8Array(sorted.length * ID_BYTES);
    sorted.forEach(({ order, id }, i) => {
      orders[i] = order;
      ids.set(id, i * ID_BYTES);
    });
    return new RangeSet(orders, ids, weights(orders, ids, itemSalt));
  }

  /** Id of the item at a place; a view, not to be changed. */
  id(index: number): Uint8Array {
    return this.#ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  }

  /** Items of a range; the ids are views. */
  items(from: number, to: number): Item[] {
    return Array.from({ length: to - from }, (_, i) => ({
      order: this.#orders[from + i]!,
      id: this.id(from + i),
    }));
  }

  /** First place whose item is not below the bound; null is the end of all ranges. */
  lowerBound(bound: Bound | null): number {
    if (bound === null) return this.size;
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isBelow(middle, bound)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Place of an item, or -1. */
  indexOf(item: Item): number {
    const index = this.lowerBound({ order: item.order, prefix: item.id });
    if (index === this.size || this.#orders[index] !== item.order) return -1;
    return compareBytes(this.id(index), item.id) === 0 ? index : -1;
  }

  #isBelow(index: number, bound: Bound): boolean {
    const order = this.#orders[index]!;
    if (order !== bound.order) return order < bound.order;
    const { prefix } = bound;
    for (let i = 0, at = index * ID_BYTES; i < prefix.length; i++, at++) {
      if (this.#ids[at] !== prefix[i]) return this.#ids[at]! < prefix[i]!;
    }
    return false;
  }

  /** The shortest bound between the item at `index` and the one before it (0 < index < size). */
  boundBefore(index: number): Bound {
    const order = this.#orders[index]!;
    if (this.#orders[index - 1] !== order) return { order, prefix: new Uint8Array(0) };
    const [before, id] = [this.id(index - 1), this.id(index)];
    let shared = 0;
    while (shared < ID_BYTES - 1 && before[shared] === id[shared]) shared++;
    return { order, prefix: id.slice(0, shared + 1) };
  }

  /** Fingerprint of a range under a session's salt: SHA-256(salt || count as u64 || sum of 32 bytes), first 16 bytes. */
  fingerprint(from: number, to: number, salt: Uint8Array): Uint8Array {
    const input = new Uint8Array(SALT_BYTES + 8 + LIMBS * 4);
    const view = new DataView(input.buffer);
    input.set(salt);
    view.setBigUint64(SALT_BYTES, BigInt(to - from));
    let borrow = 0;
    for (let limb = 0; limb < LIMBS; limb++) {
      const difference = this.#sums[to * LIMBS + limb]! - this.#sums[from * LIMBS + limb]! - borrow;
      borrow = difference < 0 ? 1 : 0;
      view.setUint32(SALT_BYTES + 8 + limb * 4, difference >>> 0, true);
    }
    return sha256(input).subarray(0, FINGERPRINT_BYTES);
  }
}

/** Order of items: by order, then by id. */
export function compareItems(a: Item, b: Item): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return compareBytes(a.id, b.id);
}

/** True when an item comes before a bound. */
export function isBelow(item: Item, bound: Bound): boolean {
  if (item.order !== bound.order) return item.order < bound.order;
  return compareBytes(item.id.subarray(0, bound.prefix.length), bound.prefix) < 0;
}

function weights(
  orders: BigUint64Array,
  ids: Uint8Array,
  salt: Uint8Array | undefined,
): (index: number) => Uint8Array {
  if (salt === undefined) return (index) => ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  const input = new Uint8Array(salt.length + ORDER_BYTES + ID_BYTES);
  const view = new DataView(input.buffer);
  input.set(salt);
  return (index) => {
    view.setBigUint64(salt.length, orders[index]!);
    input.set(ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES), salt.length + ORDER_BYTES);
    return sha256(input);
  };
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
