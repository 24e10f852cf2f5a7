// Buckets of numeric events, one behind the other in time: adding to one takes no search, and one is read as a whole. Events of a bucket
// lie in blocks of some, side by side: one by one in memory they would cost more time to find than to handle.

import type { EventHeap } from './event-heap.ts';

const BLOCKS_START = 64;
/** Events of a block: 256 bytes. */
const BLOCK = 8;
/** An event in numbers of eight bytes (time, order, and two more), and of four, where kind, a and b lie behind time and order. */
const WIDE = 4;
const NARROW = 8;
const KIND = 4;
const NONE = -1;
const WORD = 32;

/** A ring of buckets; which one a number means is the caller's. */
export class EventRing {
  readonly #mask: number;
  /** The place behind the newest event of each bucket, and a bit for each bucket that has something. */
  readonly #ends: Int32Array;
  readonly #filled: Int32Array;
  #wide = new Float64Array(0);
  #narrow = new Int32Array(0);
  /** The block behind each, in its bucket or among the free ones. */
  #next = new Int32Array(0);
  #free = NONE;
  #size = 0;

  /** `buckets`: a power of two from 32 on. */
  constructor(buckets: number) {
    this.#mask = buckets - 1;
    this.#ends = new Int32Array(buckets).fill(NONE);
    this.#filled = new Int32Array(buckets / WORD);
  }

  get size(): number {
    return this.#size;
  }

  push(bucket: number, time: number, order: number, kind: number, a: number, b: number): void {
    const at = bucket & this.#mask;
    let place = this.#ends[at]!;
    if (place === NONE || (place & (BLOCK - 1)) === 0) {
      if (this.#free === NONE) this.#grow();
      const block = this.#free;
      this.#free = this.#next[block]!;
      this.#next[block] = place === NONE ? NONE : place / BLOCK - 1;
      this.#filled[at >> 5]! |= 1 << (at & 31);
      place = block * BLOCK;
    }
    this.#ends[at] = place + 1;
    this.#wide[place * WIDE] = time;
    this.#wide[place * WIDE + 1] = order;
    const narrow = place * NARROW + KIND;
    this.#narrow[narrow] = kind;
    this.#narrow[narrow + 1] = a;
    this.#narrow[narrow + 2] = b;
    this.#size += 1;
  }

  /** Moves all of a bucket into a heap. */
  empty(bucket: number, heap: EventHeap): void {
    const at = bucket & this.#mask;
    let end = this.#ends[at]!;
    while (end !== NONE) {
      const block = Math.floor((end - 1) / BLOCK);
      for (let place = block * BLOCK; place < end; place++) {
        const narrow = place * NARROW + KIND;
        const [kind, a, b] = [this.#narrow[narrow]!, this.#narrow[narrow + 1]!, this.#narrow[narrow + 2]!];
        heap.push(this.#wide[place * WIDE]!, this.#wide[place * WIDE + 1]!, kind, a, b);
      }
      this.#size -= end - block * BLOCK;
      // Only the newest block of a bucket can have room.
      const next = this.#next[block]!;
      end = next === NONE ? NONE : (next + 1) * BLOCK;
      this.#next[block] = this.#free;
      this.#free = block;
    }
    this.#ends[at] = NONE;
    this.#filled[at >> 5]! &= ~(1 << (at & 31));
  }

  /** How many buckets behind this one the next one lies that has something; the ring must not be empty. */
  distance(bucket: number): number {
    const start = (bucket + 1) & this.#mask;
    let word = start >> 5;
    let bits = this.#filled[word]! & (NONE << (start & 31));
    while (bits === 0) {
      word = (word + 1) & (this.#filled.length - 1);
      bits = this.#filled[word]!;
    }
    const found = word * WORD + 31 - Math.clz32(bits & -bits);
    return 1 + ((found - start) & this.#mask);
  }

  #grow(): void {
    const before = this.#next.length;
    const length = Math.max(BLOCKS_START, 2 * before);
    const wide = new Float64Array(length * BLOCK * WIDE);
    wide.set(this.#wide);
    this.#wide = wide;
    this.#narrow = new Int32Array(wide.buffer);
    const next = new Int32Array(length);
    next.set(this.#next);
    this.#next = next;
    for (let block = length - 1; block >= before; block--) {
      next[block] = this.#free;
      this.#free = block;
    }
  }
}
