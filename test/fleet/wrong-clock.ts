// A node's clock that can be set wrong while it runs. Its timers stay those of the machine.

import type { Clock } from '../../node/clock/index.ts';

/** A clock that is off by `offsetMs`. */
export class WrongClock implements Clock {
  offsetMs = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  }
}
