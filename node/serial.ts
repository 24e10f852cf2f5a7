// Runs asynchronous work one after another, per key. The queue is bounded: past it, callers are told that the node is busy.

import { ZeroError } from '../protocol/errors/index.ts';

/** Callers that may wait for one key: enough for a burst, too few to hide a stuck lock. */
const WAITING_MAX = 1024;

/** A lock per key, first come first served. */
export class Serial {
  readonly #tails = new Map<string, { tail: Promise<unknown>; waiting: number }>();

  /** Runs `work` when all earlier work of `key` has ended. Throws BUSY when too much waits. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#tails.get(key) ?? { tail: Promise.resolve(), waiting: 0 };
    if (entry.waiting >= WAITING_MAX) throw new ZeroError('BUSY', `too much work waits for ${key}`);
    entry.waiting += 1;
    this.#tails.set(key, entry);
    const result = entry.tail.then(work, work);
    entry.tail = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0) this.#tails.delete(key);
    }
  }
}
