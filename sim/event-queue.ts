// A bounded queue of numeric events in three parts, so that what is touched most is small: a heap of what is due within a few microseconds,
// a ring of buckets for the next seconds, and a heap of what comes later (after the calendar queue of R. Brown, 1988). No objects, no
// closures.

import { ZeroError } from '../protocol/errors/index.ts';
import { EventHeap } from './event-heap.ts';
import { EventRing } from './event-ring.ts';

/** Width of a bucket in microseconds: at a million events a second some hundred of them, whose heap stays in the fastest cache. */
const WIDTH = 128;
/** Buckets of the ring: 4.2 seconds, longer than most messages take. */
const BUCKETS = 32_768;

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
  #arrivals = 0;
  /** What is due in the current bucket or before it. */
  readonly #near = new EventHeap();
  readonly #ring = new EventRing(BUCKETS);
  readonly #far = new EventHeap();
  /** Number of the current bucket, counted from time 0. */
  #current = 0;

  /** A queue that holds at most `capacityMax` events. */
  constructor(capacityMax: number) {
    this.#capacityMax = capacityMax;
  }

  /** Events that wait. */
  get size(): number {
    return this.#near.size + this.#ring.size + this.#far.size;
  }

  /** Time of the next event, or Infinity. */
  peekTime(): number {
    if (this.#near.size === 0) this.#advance();
    return this.#near.time;
  }

  /** Adds an event. Throws SIMULATION_OVERFLOW at the bound. */
  push(time: number, kind: number, a: number, b: number): void {
    if (this.size >= this.#capacityMax)
      throw new ZeroError('SIMULATION_OVERFLOW', `more than ${this.#capacityMax} events wait`);
    this.#put(time, this.#arrivals++, kind, a, b);
  }

  /** Takes the next event into the fields; false when there is none. */
  pop(): boolean {
    const near = this.#near;
    if (near.size === 0) this.#advance();
    if (near.size === 0) return false;
    this.time = near.pop();
    this.kind = near.kind;
    this.a = near.a;
    this.b = near.b;
    return true;
  }

  /** Puts an event where its time belongs. */
  #put(time: number, order: number, kind: number, a: number, b: number): void {
    const bucket = Math.floor(time / WIDTH);
    if (bucket <= this.#current) this.#near.push(time, order, kind, a, b);
    else if (bucket < this.#current + BUCKETS) this.#ring.push(bucket, time, order, kind, a, b);
    else this.#far.push(time, order, kind, a, b);
  }

  /** Goes on to the next bucket that has something; nothing is near. */
  #advance(): void {
    const far = this.#far;
    if (this.#ring.size > 0) this.#current += this.#ring.distance(this.#current);
    else if (far.size > 0) this.#current = Math.floor(far.time / WIDTH);
    else return;
    const horizon = (this.#current + BUCKETS) * WIDTH;
    // All that is far away lies behind all that was in the ring. What never comes is near when nothing else is left.
    while (far.size > 0 && (far.time < horizon || this.#current === Number.POSITIVE_INFINITY)) {
      const time = far.pop();
      this.#put(time, far.order, far.kind, far.a, far.b);
    }
    if (this.#ring.size > 0) this.#ring.empty(this.#current, this.#near);
  }
}
