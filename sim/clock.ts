// The clock of a simulated node: the port that node services take, on top of an event loop.

import type { Clock } from '../node/clock/index.ts';
import type { EventLoop } from './event-loop.ts';

const MICROSECONDS = 1_000;

/** What the clock says when the loop starts: 2026-01-01T00:00:00Z, in milliseconds. */
export const EPOCH_MS: number = Date.UTC(2026, 0, 1);

/** Makes clocks that share one loop's time. Timers that fire together fire in the order in which they were set. */
export class VirtualTime {
  readonly #loop: EventLoop;
  readonly #kind: number;
  readonly #waiting = new Map<number, () => void>();
  #timers = 0;

  constructor(loop: EventLoop) {
    this.#loop = loop;
    this.#kind = loop.on((timer) => this.#fire(timer));
  }

  /** Timers that have neither fired nor been cancelled. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A node's clock; `skewMs` is how far it is ahead of virtual time (behind, when negative). */
  clock(skewMs = 0): Clock {
    return {
      now: () => EPOCH_MS + skewMs + Math.floor(this.#loop.now / MICROSECONDS),
      after: (ms, run) => {
        const timer = this.#timers++ | 0;
        this.#waiting.set(timer, run);
        this.#loop.schedule(ms * MICROSECONDS, this.#kind, timer);
        return () => {
          this.#waiting.delete(timer);
        };
      },
    };
  }

  // A cancelled timer leaves its event in the queue, where it does nothing.
  #fire(timer: number): void {
    const run = this.#waiting.get(timer);
    this.#waiting.delete(timer);
    run?.();
  }
}
