// Work that nobody waits for has the processor when tasks leave it: it waits while a node is busy with them, and goes on a few at a time after.
// A node with little to do never has it wait. Bounded in number and in time. Must not: know what the work is.

import type { Clock } from '../clock/index.ts';

/** Longest wait, in milliseconds: as long as the copies of what was logged wait (node/sync/head-gossip.ts). */
const REST_MS_MAX = 16_000;
/** Those that wait; beyond, the oldest go on: what a busy node does in some seconds. */
const WAITING_MAX = 1_024;
/** So many go on in one turn: a hundredth of a second of signing, and one head for all of them. */
const TOGETHER = 32;
/** Milliseconds between two looks at whether the node is still busy. */
const LOOK_MS = 250;
/** Milliseconds between two turns: the thread is free for everything else meanwhile. */
const TURN_MS = 20;

interface Waiting {
  readonly since: number;
  readonly resume: () => void;
}

/** A queue, first come first served. */
export class Rest {
  readonly #clock: Clock;
  readonly #isBusy: () => boolean;
  #waiting: Waiting[] = [];
  #cancel: (() => void) | undefined;
  #ended = false;

  /** `isBusy`: whether tasks want the processor. */
  constructor(clock: Clock, isBusy: () => boolean) {
    this.#clock = clock;
    this.#isBusy = isBusy;
  }

  /** Resolves when it is this one's turn: at once in a node that is not busy and where nobody waits; 16 s later at the latest, and when all end. */
  async comes(): Promise<void> {
    if (this.#ended || (this.#waiting.length === 0 && !this.#isBusy())) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ since: this.#clock.now(), resume: resolve });
    if (this.#waiting.length > WAITING_MAX) this.#resume();
    this.#cancel ??= this.#clock.after(LOOK_MS, this.#look);
    await promise;
  }

  /** Nobody waits from here on. */
  end(): void {
    this.#ended = true;
    this.#cancel?.();
    while (this.#waiting.length > 0) this.#resume();
  }

  readonly #look = (): void => {
    this.#cancel = undefined;
    if (this.#isDue()) this.#resume();
    if (this.#waiting.length > 0)
      this.#cancel = this.#clock.after(this.#isDue() ? TURN_MS : LOOK_MS, this.#look);
  };

  #isDue(): boolean {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const waited = this.#clock.now() - first.since;
    // A clock that was put back has nobody wait for it.
    return waited < 0 || waited >= REST_MS_MAX || !this.#isBusy();
  }

  #resume(): void {
    for (const { resume } of this.#waiting.splice(0, TOGETHER)) resume();
  }
}
