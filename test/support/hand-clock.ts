// A clock that stands still until a test lets time pass.

import type { Clock } from '../../node/clock/index.ts';

/** Time in milliseconds from 0 on, and timers that run when it reaches them. */
export class HandClock implements Clock {
  readonly #timers: { readonly at: number; readonly run: () => void }[] = [];
  #now = 0;

  now(): number {
    return this.#now;
  }

  /** Timers that have neither run nor been cancelled. */
  get waiting(): number {
    return this.#timers.length;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /** The machine stands still: time has passed, and no timer has run yet. */
  stand(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass: what is due runs, and what follows from it has the rest of the turn. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of this.#timers.filter(({ at }) => at <= this.#now)) {
      this.#timers.splice(this.#timers.indexOf(timer), 1);
      timer.run();
    }
    await settled();
  }
}

/** Resolves when what was begun has run as far as it goes without the outside. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
