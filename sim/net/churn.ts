// Who comes and goes, and when: drawn for each node by itself, so the same in every tier that has churn.

import { type RandomStream, randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';

const SECOND = 1_000_000;

/** The turns of one node that comes and goes. Times are microseconds. */
export class Turns {
  readonly #stream: RandomStream;
  readonly #on: number;
  readonly #off: number;
  readonly #healedAt: number;
  #here: boolean;

  constructor(stream: RandomStream, churn: Scenario['network']['churn'], healedAt: number) {
    this.#stream = stream;
    this.#on = churn.onSeconds * SECOND;
    this.#off = churn.offSeconds * SECOND;
    this.#healedAt = healedAt;
    this.#here = stream.unit() < this.#on / (this.#on + this.#off);
  }

  /** Whether it is there now; at first drawn as in the long run. */
  get here(): boolean {
    return this.#here;
  }

  /** When its state changes next, given the time of the last change; undefined when it stays. The state is then the other one. */
  next(now: number): number | undefined {
    const at = now + this.#stream.exponential(this.#here ? this.#on : this.#off);
    // Healed: whoever is away comes back, and stays.
    if (at >= this.#healedAt && this.#here) return undefined;
    this.#here = !this.#here;
    return Math.min(at, this.#healedAt);
  }
}

/** The turns of a node, or undefined for one that stays. From `healedAt` on (microseconds) everybody is there. */
export function turnsOf(
  churn: Scenario['network']['churn'],
  seed: number,
  node: number,
  healedAt: number,
): Turns | undefined {
  if (churn.share === 0 || churn.onSeconds === 0 || churn.offSeconds === 0) return undefined;
  const stream = randomStream(seed, 'churn', node);
  return stream.unit() < churn.share ? new Turns(stream, churn, healedAt) : undefined;
}
