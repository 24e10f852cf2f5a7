// A bounded gate: so many at work, so many waiting, each for so long; everybody else is told at once to come back later.

import { ZeroError } from '../../protocol/errors/index.ts';

export interface GateOptions {
  readonly activeMax: number;
  readonly waitingMax: number;
  /** Milliseconds that one may wait. */
  readonly waitMsMax: number;
  readonly onRefused: () => void;
}

interface Waiter {
  enter(): void;
}

/** Lets work in, in the order it came. */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting = new Set<Waiter>();
  #active = 0;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get active(): number {
    return this.#active;
  }

  /** Runs the work when there is room. Throws INDEX_OVERLOADED when too many wait, or when it waited too long. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= this.#options.activeMax) await this.#wait();
    else this.#active += 1;
    try {
      return await work();
    } finally {
      // The slot goes to the next who waits, without ever being free in between.
      const [next] = this.#waiting;
      if (next === undefined) this.#active -= 1;
      else next.enter();
    }
  }

  #wait(): Promise<void> {
    const { waitingMax, waitMsMax } = this.#options;
    if (this.#waiting.size >= waitingMax) this.#refuse('too much work waits already');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        try {
          this.#refuse(`no room for ${waitMsMax} ms`);
        } catch (error) {
          reject(error);
        }
      }, waitMsMax);
      const waiter: Waiter = {
        enter: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve();
        },
      };
      this.#waiting.add(waiter);
    });
  }

  #refuse(why: string): never {
    this.#options.onRefused();
    throw new ZeroError('INDEX_OVERLOADED', why);
  }
}
