// A timer of virtual time that looks like one of Node's.

import type { World } from './world.ts';

/** Longest delay that Node's timers take; what is longer fires at once, as there. */
const DELAY_MS_MAX = 2_147_483_647;

/** What setTimeout and its kin answer. */
export class VirtualTimer {
  readonly #world: World;
  readonly #run: () => void;
  readonly #ms: number;
  readonly #repeat: boolean;
  #number = 0;
  #isOver = false;

  constructor(world: World, run: () => void, ms: number | undefined, repeat: boolean) {
    this.#world = world;
    this.#run = run;
    const wanted = Number(ms);
    // An immediate takes no time; a timeout takes a millisecond at least, as in Node.
    this.#ms = wanted === 0 || (wanted >= 1 && wanted <= DELAY_MS_MAX) ? wanted : 1;
    this.#repeat = repeat;
    this.#arm();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return !this.#isOver;
  }

  /** Counts from now again. */
  refresh(): this {
    this.#world.cancel(this.#number);
    this.#arm();
    return this;
  }

  close(): this {
    this.#isOver = true;
    this.#world.cancel(this.#number);
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.toPrimitive](): number {
    return this.#number;
  }

  #arm(): void {
    this.#isOver = false;
    this.#number = this.#world.after(this.#ms, () => {
      if (this.#repeat) this.#arm();
      else this.#isOver = true;
      this.#run();
    });
  }
}
