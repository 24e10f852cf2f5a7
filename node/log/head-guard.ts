// The newest signed head of the own log, in a small file beside the database. When the database has lost what was acknowledged, this
// file tells, and the node fetches its own log from its peers before it writes on: else it would sign two histories.

import { open, readFile, rename } from 'node:fs/promises';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type Checkpoint, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';

/** Remembers one head. Writes are coalesced and need no fsync: it is a second witness, not the record. */
export class HeadGuard {
  readonly path: string;
  #newest: string | undefined;
  #writing: Promise<void> | undefined;

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

  /** Remembers a head soon. Never throws: a full disk must not stop the node twice. */
  note(checkpoint: string): void {
    this.#newest = checkpoint;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when nothing is left to be written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#newest !== undefined) {
      const text = this.#newest;
      this.#newest = undefined;
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
}
