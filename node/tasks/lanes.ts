// Bounded concurrency per key: at most so many at once for one member, the rest waits in order. Freed places are given away together, when
// half of them are free: who begins together is promised its pay in one update, and asked for in one message.

import { Tally } from '../../protocol/bounded/index.ts';

/** A lane: how many run, and who waits. */
interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** A semaphore per key. */
export class Lanes {
  readonly #atOnce: number;
  readonly #lanes = new Map<string, Lane>();
  /** How many will come. */
  readonly #expected = new Tally();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many run and wait under a key, and will come. */
  load(key: string): number {
    const lane = this.#lanes.get(key);
    return this.#expected.of(key) + (lane === undefined ? 0 : lane.running + lane.waiting.length);
  }

  /** Counts one that will come, until the function that is answered is called: when it has come, or will not. */
  expect(key: string): () => void {
    this.#expected.add(key, 1);
    return () => this.#expected.add(key, -1);
  }

  /** Runs `work` when there is room; leaves the queue when `signal` is aborted, by throwing its reason. */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.running >= this.#atOnce || lane.waiting.length > 0) await waitTurn(lane.waiting, signal);
    else lane.running += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      lane.running -= 1;
      this.#refill(lane);
      if (lane.running === 0) this.#lanes.delete(key);
    }
  }

  /** The other half goes on meanwhile: a member is never without work for it. */
  #refill(lane: Lane): void {
    if (lane.running > this.#atOnce / 2) return;
    for (const next of lane.waiting.splice(0, this.#atOnce - lane.running)) {
      lane.running += 1;
      next();
    }
  }
}

function waitTurn(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const at = waiting.indexOf(turn);
      if (at < 0) return;
      waiting.splice(at, 1);
      reject(signal.reason);
    };
    const turn = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    waiting.push(turn);
  });
}
