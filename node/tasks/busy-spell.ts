// Whether tasks keep this node busy: what nobody waits for waits meanwhile. Tasks come in bursts, and a moment between two is no rest.

import type { Clock } from '../clock/index.ts';

/** Tasks under way or begun within LINGER_MS, of others or of its own, from which on this node is busy: no single person has so many. */
const BUSY_TASKS = 4;
/** Milliseconds for which it counts as busy after that: as long as a burst may take to go on. */
const LINGER_MS = 2_000;
/** Milliseconds for which a count holds: the tasks of a requester are counted one by one. */
const SAMPLE_MS = 100;

/** Remembers when there was much to do. */
export class BusySpell {
  readonly #clock: Clock;
  readonly #underWay: () => number;
  readonly #begun: () => number;
  #sampledAt = Number.NEGATIVE_INFINITY;
  #busyAt = Number.NEGATIVE_INFINITY;
  /** How many had been begun at some time of the last two seconds. */
  #before = 0;
  #beforeAt = Number.NEGATIVE_INFINITY;

  /** `underWay`: how many tasks are; `begun`: how many were begun since the start, where they may end between two looks. */
  constructor(clock: Clock, underWay: () => number, begun: () => number) {
    this.#clock = clock;
    this.#underWay = underWay;
    this.#begun = begun;
  }

  /** True while there are four tasks or more in two seconds, and for two seconds after. */
  get isBusy(): boolean {
    const now = this.#clock.now();
    // A clock that was put back has sampled nothing yet.
    if (now < this.#sampledAt || now - this.#sampledAt >= SAMPLE_MS) this.#sample(now);
    return now >= this.#busyAt && now - this.#busyAt < LINGER_MS;
  }

  #sample(now: number): void {
    this.#sampledAt = now;
    const begun = this.#begun();
    const isRecent = now >= this.#beforeAt && now - this.#beforeAt < LINGER_MS;
    if (this.#underWay() >= BUSY_TASKS || (isRecent && begun - this.#before >= BUSY_TASKS))
      this.#busyAt = now;
    if (isRecent) return;
    this.#before = begun;
    this.#beforeAt = now;
  }
}
