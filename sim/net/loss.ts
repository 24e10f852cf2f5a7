// Gilbert-Elliott loss: each directed link is good or bad by turns, and loses more while it is bad. In continuous time, looked at
// only when a message passes: the state's chance after a pause is that of the two-state Markov chain.

import type { RandomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';

const SECOND = 1_000_000;

/** Losses on the links of one run. Times are microseconds. */
export class LinkLoss {
  readonly #good: number;
  readonly #bad: number;
  /** Share of time that a link is bad, and how fast the memory of its state fades, per microsecond. */
  readonly #badShare: number;
  readonly #fade: number;
  readonly #healedAt: number;
  readonly #state: Uint8Array;
  readonly #lookedAt: Float64Array;

  constructor(loss: Scenario['network']['loss'], links: number, healedAt: number) {
    const { bad, badSeconds, good, goodSeconds } = loss;
    const turns = goodSeconds > 0 && badSeconds > 0;
    this.#good = good;
    this.#bad = bad;
    this.#badShare = turns ? badSeconds / (goodSeconds + badSeconds) : 0;
    this.#fade = turns ? (1 / goodSeconds + 1 / badSeconds) / SECOND : 0;
    this.#healedAt = healedAt;
    this.#state = new Uint8Array(turns ? links : 0);
    this.#lookedAt = new Float64Array(turns ? links : 0).fill(Number.NEGATIVE_INFINITY);
  }

  /** Whether a message on this link is lost now. Draws the same count of numbers whatever comes out. */
  lost(link: number, now: number, stream: RandomStream): boolean {
    if (this.#fade === 0) {
      if (this.#good === 0) return false;
      return stream.uint32() < this.#good * 4_294_967_296 && now < this.#healedAt;
    }
    const turn = stream.uint32() / 4_294_967_296;
    const fall = stream.uint32() / 4_294_967_296;
    const memory = Math.exp(-this.#fade * (now - this.#lookedAt[link]!));
    const share = this.#badShare;
    const bad = turn < (this.#state[link] === 1 ? share + (1 - share) * memory : share * (1 - memory));
    this.#state[link] = bad ? 1 : 0;
    this.#lookedAt[link] = now;
    return fall < (bad ? this.#bad : this.#good) && now < this.#healedAt;
  }
}
