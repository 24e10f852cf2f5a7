// Batches for the disk that come while one is being written go together in the next: one call, one fsync, one hand-over to another thread for
// all of them. Each is still there whole or not at all, and in the order in which they came. Must not: acknowledge before the disk has.

import { Drain } from '../drain.ts';

/** Bytes of keys and values after which a group takes no further batch: as much as LevelDB itself joins, four times over. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** An encoded operation, as the database's private methods take it. */
export interface Operation {
  readonly key: { readonly length: number };
  readonly value?: { readonly length: number };
}

/** Writes a group; resolves when it is where it was asked to be. */
export type GroupWriter = (
  operations: readonly Operation[],
  options: { readonly sync: boolean },
) => Promise<void>;

interface Waiting {
  readonly operations: readonly Operation[];
  readonly sync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Joins batches. How many wait is bounded by those who made them: each of them waits for its own. */
export class WriteGroups {
  readonly #write: GroupWriter;
  #waiting: Waiting[] = [];
  readonly #drain = new Drain(
    () => this.#waiting.length > 0,
    () => this.#writeGroup(),
  );

  constructor(write: GroupWriter) {
    this.#write = write;
  }

  /** Writes a batch; with `sync` it is on disk when this resolves. Throws what writing its group failed with. */
  async add(operations: readonly Operation[], sync: boolean): Promise<void> {
    const written = new Promise<void>((resolve, reject) =>
      this.#waiting.push({ operations, sync, resolve, reject }),
    );
    this.#drain.wake();
    await written;
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    await this.#drain.idle();
  }

  async #writeGroup(): Promise<void> {
    // What this turn of the event loop still brings goes along: a write of its own costs another hand-over, and another fsync.
    await new Promise((resolve) => setImmediate(resolve));
    const group = this.#take();
    try {
      await this.#write(
        group.flatMap(({ operations }) => operations),
        { sync: group.some(({ sync }) => sync) },
      );
      for (const one of group) one.resolve();
    } catch (error) {
      for (const one of group) one.reject(error);
    }
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { operations } of this.#waiting) {
      if (bytes >= GROUP_BYTES_MAX) break;
      for (const { key, value } of operations) bytes += key.length + (value?.length ?? 0);
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
