// Virtual time: takes the next event, moves the clock to it, calls its handler. Never waits and never looks at a real clock.

import { ZeroError } from '../protocol/errors/index.ts';
import { EventQueue } from './event-queue.ts';
import { TraceHash } from './trace.ts';

/** Events that wait at once, unless told otherwise: some 32 bytes each, so half a gigabyte. */
const PENDING_MAX = 16_777_216;
/** Kinds of events of one loop: handlers are made at set-up, never per event. */
const KINDS_MAX = 256;

/** Called with the operands of an event, at its time. */
export type EventHandler = (a: number, b: number) => void;

/** Why a run ended: no event is left, the time is reached, the count is reached, or stop() was called. */
export type RunEnd = 'drained' | 'time' | 'events' | 'stopped';

export interface RunBounds {
  /** Handles events up to and including this virtual time, in microseconds. */
  readonly until?: number;
  /** Handles at most so many events. */
  readonly eventsMax?: number;
}

export interface LoopOptions {
  readonly pendingMax?: number;
}

/** A single-threaded event loop under virtual time. Times are whole microseconds since the loop's start. */
export class EventLoop {
  readonly #queue: EventQueue;
  readonly #handlers: EventHandler[] = [];
  readonly #trace = new TraceHash();
  #now = 0;
  #handled = 0;
  #stopping = false;

  constructor(options: LoopOptions = {}) {
    this.#queue = new EventQueue(options.pendingMax ?? PENDING_MAX);
  }

  /** Virtual time in microseconds. */
  get now(): number {
    return this.#now;
  }

  /** Events handled so far. */
  get handled(): number {
    return this.#handled;
  }

  /** Events that wait. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Registers a handler; the number it answers names the kind in schedule(). */
  on(handler: EventHandler): number {
    if (this.#handlers.length >= KINDS_MAX)
      throw new ZeroError('SIMULATION_OVERFLOW', 'too many kinds of events');
    return this.#handlers.push(handler) - 1;
  }

  /** Schedules an event `delay` microseconds from now; fractions are rounded, what is negative or not a number becomes 0. */
  schedule(delay: number, kind: number, a = 0, b = 0): void {
    this.#queue.push(this.#now + (delay > 0 ? Math.round(delay) : 0), kind, a, b);
  }

  /** Ends the current run after the event that is being handled. */
  stop(): void {
    this.#stopping = true;
  }

  /** Handles one event; false when none is due by `until`. */
  step(until = Number.POSITIVE_INFINITY): boolean {
    const queue = this.#queue;
    if (queue.peekTime() > until || !queue.pop()) return false;
    const { kind, a, b } = queue;
    this.#now = queue.time;
    this.#handled += 1;
    this.#trace.add(this.#now, kind, a, b);
    this.#handlers[kind]!(a, b);
    return true;
  }

  /** Handles events until a bound, until none is left, or until stop(). */
  run(bounds: RunBounds = {}): RunEnd {
    const { until = Number.POSITIVE_INFINITY, eventsMax = Number.POSITIVE_INFINITY } = bounds;
    this.#stopping = false;
    for (let left = eventsMax; left > 0; left--) {
      if (!this.step(until)) return this.#rest(until);
      if (this.#stopping) return 'stopped';
    }
    return 'events';
  }

  /**
   * As run(), for handlers that start asynchronous work: `settle` is awaited after each event, so that what the event
   * set in motion has come to rest before time moves on. The caller gives it, because only the caller may use a real timer.
   */
  async runSettled(settle: () => Promise<void>, bounds: RunBounds = {}): Promise<RunEnd> {
    const { until = Number.POSITIVE_INFINITY, eventsMax = Number.POSITIVE_INFINITY } = bounds;
    this.#stopping = false;
    await settle();
    for (let left = eventsMax; left > 0; left--) {
      if (!this.step(until)) return this.#rest(until);
      await settle();
      if (this.#stopping) return 'stopped';
    }
    return 'events';
  }

  /** Fingerprint of all events handled so far. */
  traceHash(): string {
    return this.#trace.digest();
  }

  #rest(until: number): RunEnd {
    if (Number.isFinite(until) && until > this.#now) this.#now = until;
    return this.#queue.size === 0 ? 'drained' : 'time';
  }
}
