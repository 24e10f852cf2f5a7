// When the sides of channels are looked at again: one time for each, the last that was asked for.

import type { Clock } from '../clock/index.ts';

/** Longest and shortest pause, in milliseconds: what timers take, and so that nothing spins. */
const PAUSE_MS_MAX = 2 ** 31 - 1;
const PAUSE_MS_MIN = 10;

/** Timers by name. */
export class Wakes {
  readonly #clock: Clock;
  readonly #timers = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `work` once at a time, instead of what was to run before. */
  at(key: string, atMs: number, work: () => void): void {
    this.#timers.get(key)?.();
    // Statements carry whole seconds: a second later the time to dispute is over by the dates as well.
    const pause = Math.max(Math.min(atMs - this.#clock.now() + 1_000, PAUSE_MS_MAX), PAUSE_MS_MIN);
    const cancel = this.#clock.after(pause, () => {
      this.#timers.delete(key);
      work();
    });
    this.#timers.set(key, cancel);
  }

  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }
}
