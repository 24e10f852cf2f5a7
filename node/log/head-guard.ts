// The newest signed head of the own log, in a small file beside the database. When the database has lost what was acknowledged, this
// file tells, and the node fetches its own log from its peers before it writes on: else it would sign two histories.

import { open, readFile, rename } from 'node:fs/promises';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type Checkpoint, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';

/** Pause between two writes, in milliseconds: a node at work signs tens of heads a second, and a small file is four calls of the disk's. */
const PAUSE_MS = 100;

/** Remembers one head. Writes are coalesced and need no fsync: it is a second witness, not the record. */
export class HeadGuard {
  readonly path: string;
  #newest: string | undefined;
  #writing: Promise<void> | undefined;
  /** Until it fires, the last write is too fresh for another one. */
  #pause: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** The head that was remembered; undefined when there is none or it is damaged. */
  async read(origin: string): Promise<Verified<Checkpoint> | undefined> {
    try {
      return verifyNodeCheckpoint(await readFile(this.path, 'utf8'), origin);
    } catch (error) {
      if (isZeroError(error) || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Remembers a head: at once after a rest, else soon. Never throws: a full disk must not stop the node twice. */
  note(checkpoint: string): void {
    this.#newest = checkpoint;
    if (this.#pause === undefined) this.#begin();
  }

  /** Resolves when nothing is left to be written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#newest !== undefined) {
      this.#begin();
      await this.#writing;
    }
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      this.#rest();
    });
  }

  #rest(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#newest !== undefined) this.#begin();
    }, PAUSE_MS);
    // What waits when the process ends is written by flush.
    this.#pause.unref();
  }

  async #write(): Promise<void> {
    const text = this.#newest;
    this.#newest = undefined;
    if (text === undefined) return;
    try {
      const temporary = `${this.path}.tmp`;
      {
        await using file = await open(temporary, 'w', 0o600);
        await file.writeFile(text);
      }
      await rename(temporary, this.path);
    } catch {
      // The next append tries again; until then the guard is older than the log, which harms nothing.
    }
  }
}
