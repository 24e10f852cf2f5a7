// A bounded priority queue of numeric events: a binary heap over typed arrays. No objects, no closures: several times as
// many events a second as a heap of objects, and millions of them fit in memory.

import { ZeroError } from '../protocol/errors/index.ts';

const CAPACITY_START = 1_024;

/**
 * Events leave in the order of their time; equal times leave in the order of arrival. After pop() the fields `time`, `kind`,
 * `a` and `b` hold the event: two 32-bit operands whose meaning belongs to the kind.
 */
export class EventQueue {
  time = 0;
  kind = 0;
  a = 0;
  b = 0;

  readonly #capacityMax: number;
  #size = 0;
  #arrivals = 0;
  #times = new Float64Array(CAPACITY_START);
  #orders = new Float64Array(CAPACITY_START);
  #kinds = new Int32Array(CAPACITY_START);
  #as = new Int32Array(CAPACITY_START);
  #bs = new Int32Array(CAPACITY_START);

  /** A queue that holds at most `capacityMax` events. */
  constructor(capacityMax: number) {
    this.#capacityMax = capacityMax;
  }

  /** Events that wait. */
  get size(): number {
    return this.#size;
  }

  /** Time of the next event, or Infinity. */
  peekTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  /** Adds an event. Throws SIMULATION_OVERFLOW at the bound. */
  push(time: number, kind: number, a: number, b: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const order = this.#arrivals++;
    let hole = this.#size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      // The newcomer has the highest order, so an equal time stays above it.
      if (this.#times[parent]! <= time) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#set(hole, time, order, kind, a, b);
  }

  /** Takes the next event into the fields; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    this.time = this.#times[0]!;
    this.kind = this.#kinds[0]!;
    this.a = this.#as[0]!;
    this.b = this.#bs[0]!;
    const last = --this.#size;
    const time = this.#times[last]!;
    const order = this.#orders[last]!;
    let hole = 0;
    for (let child = 1; child < last; child = 2 * hole + 1) {
      if (child + 1 < last && this.#before(child + 1, this.#times[child]!, this.#orders[child]!)) child += 1;
      if (!this.#before(child, time, order)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#set(hole, time, order, this.#kinds[last]!, this.#as[last]!, this.#bs[last]!);
    return true;
  }

  #before(at: number, time: number, order: number): boolean {
    const own = this.#times[at]!;
    return own < time || (own === time && this.#orders[at]! < order);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#orders[to] = this.#orders[from]!;
    this.#kinds[to] = this.#kinds[from]!;
    this.#as[to] = this.#as[from]!;
    this.#bs[to] = this.#bs[from]!;
  }

  #set(at: number, time: number, order: number, kind: number, a: number, b: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#kinds[at] = kind;
    this.#as[at] = a;
    this.#bs[at] = b;
  }

  #grow(): void {
    const length = Math.min(this.#times.length * 2, this.#capacityMax);
    if (length <= this.#size) {
      throw new ZeroError('SIMULATION_OVERFLOW', `more than ${this.#capacityMax} events wait`);
    }
    const wider = <T extends Float64Array | Int32Array>(made: T, old: T): T => {
      made.set(old as never);
      return made;
    };
    this.#times = wider(new Float64Array(length), this.#times);
    this.#orders = wider(new Float64Array(length), this.#orders);
    this.#kinds = wider(new Int32Array(length), this.#kinds);
    this.#as = wider(new Int32Array(length), this.#as);
    this.#bs = wider(new Int32Array(length), this.#bs);
  }
}
