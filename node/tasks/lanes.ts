// Bounded concurrency per key: at most so many at once for one member, the rest waits in order.

/** A semaphore per key. */
export class Lanes {
  readonly #atOnce: number;
  readonly #lanes = new Map<string, { running: number; waiting: (() => void)[] }>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many run and wait under a key. */
  load(key: string): number {
    const lane = this.#lanes.get(key);
    return lane === undefined ? 0 : lane.running + lane.waiting.length;
  }

  /** Runs `work` when there is room; leaves the queue when `signal` is aborted, by throwing its reason. */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.running >= this.#atOnce) await waitTurn(lane.waiting, signal);
    else lane.running += 1;
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      // The place goes to the next in line, if there is one.
      const next = lane.waiting.shift();
      if (next !== undefined) next();
      else lane.running -= 1;
      if (lane.running === 0) this.#lanes.delete(key);
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
