// Waits a moment for others that come to the same point, where going on together costs less than one by one. Who is alone, or nearly, never waits.

import type { Clock } from '../clock/index.ts';

/** Under way from which on anybody waits: no single person has so many. */
const UNDER_WAY_MIN = 4;
/** So many are company enough: half of what one requester has at one member. */
const ENOUGH = 8;
/** Longest wait, in milliseconds: what a task takes whose member is far away anyway. */
const COMPANY_MS_MAX = 50;

/** One such point. */
export class Company {
  readonly #clock: Clock;
  readonly #underWay: () => number;
  #waiting: (() => void)[] = [];
  #cancel: () => void = () => {};

  /** `underWay`: how many are on their way to it or wait there, whoever asks counted in. */
  constructor(clock: Clock, underWay: () => number) {
    this.#clock = clock;
    this.#underWay = underWay;
  }

  /** Resolves with others: when enough are there, when no more can come, or when the wait of the first is over. */
  async joined(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const underWay = this.#underWay();
    if (underWay < UNDER_WAY_MIN || this.#waiting.length >= Math.min(ENOUGH, underWay)) this.#release();
    else if (this.#waiting.length === 1)
      this.#cancel = this.#clock.after(COMPANY_MS_MAX, () => this.#release());
    await promise;
  }

  #release(): void {
    this.#cancel();
    this.#cancel = () => {};
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
