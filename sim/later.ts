// Closures on virtual time, for models whose decisions cost a hundred times as much as an event: most of a model has numeric events instead.

import { EventLoop } from './event-loop.ts';

const MICROSECONDS = 1_000;

/** An event loop whose events are closures. Times are milliseconds since its start. */
export class Later {
  readonly #loop = new EventLoop();
  readonly #acts = new Map<number, () => void>();
  readonly #kind: number;
  #numbers = 0;

  constructor() {
    this.#kind = this.#loop.on((number) => {
      const act = this.#acts.get(number);
      this.#acts.delete(number);
      act?.();
    });
  }

  get now(): number {
    return this.#loop.now / MICROSECONDS;
  }

  /** Calls it after so many milliseconds, to the microsecond; what is negative means now. */
  after(ms: number, act: () => void): void {
    const number = this.#numbers++ | 0;
    this.#acts.set(number, act);
    this.#loop.schedule(ms * MICROSECONDS, this.#kind, number);
  }

  /** Handles the next event up to this time; answers whether there was one. */
  step(untilMs: number): boolean {
    return this.#loop.step(Math.round(untilMs * MICROSECONDS));
  }

  /** Handles all events up to this time, and moves the clock to it. */
  run(untilMs: number): void {
    this.#loop.run({ until: Math.round(untilMs * MICROSECONDS) });
  }
}
