// Group commit: records that arrive while the disk is busy are written together and flushed once. A promise resolves
// only after its flush. After a failed write nothing is acknowledged until the file is back at its last good length.

import type { FileHandle } from 'node:fs/promises';
import { ZeroError } from '../../protocol/errors/index.ts';
import { COMMIT_BYTES_MAX, COMMIT_QUEUE_MAX, COMMIT_RECORDS_MAX } from '../limits.ts';

interface Waiting {
  readonly bytes: Uint8Array;
  readonly done: (offset: number) => void;
  readonly failed: (error: unknown) => void;
}

/** The only writer of one log file. */
export class CommitQueue {
  readonly #file: FileHandle;
  #waiting: Waiting[] = [];
  #end: number;
  #running: Promise<void> | null = null;
  #broken: unknown = null;

  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Length of the log as far as it is on disk. */
  get end(): number {
    return this.#end;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Offset of the record, once it is on disk; `onDurable` is called at that moment, in log order. Throws
   * INDEX_OVERLOADED when too much waits, INDEX_WRITE_FAILED when the disk refuses.
   */
  append(bytes: Uint8Array, onDurable: (offset: number) => void): Promise<void> {
    if (this.#waiting.length >= COMMIT_QUEUE_MAX) {
      return Promise.reject(
        new ZeroError('INDEX_OVERLOADED', `${COMMIT_QUEUE_MAX} records wait for the disk`),
      );
    }
    const promise = new Promise<void>((resolve, reject) => {
      this.#waiting.push({
        bytes,
        done: (offset) => {
          try {
            onDurable(offset);
            resolve();
          } catch (error) {
            // The record is on disk; what follows from it failed. The queue goes on.
            reject(error);
          }
        },
        failed: reject,
      });
    });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the event loop lets callers that are ready now share the first flush.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) await this.#commit(this.#takeGroup());
    this.#running = null;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { bytes: record } of this.#waiting) {
      if (count > 0 && (count === COMMIT_RECORDS_MAX || bytes + record.length > COMMIT_BYTES_MAX)) break;
      bytes += record.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    try {
      if (this.#broken !== null) await this.#repair();
      await this.#write(group);
    } catch (cause) {
      this.#broken = cause;
      for (const one of group)
        one.failed(new ZeroError('INDEX_WRITE_FAILED', 'a record could not be written', { cause }));
      return;
    }
    for (const one of group) {
      const offset = this.#end;
      this.#end += one.bytes.length;
      one.done(offset);
    }
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(group.map((one) => one.bytes));
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        this.#end + written,
      );
      written += bytesWritten;
    }
    await this.#file.datasync();
  }

  /** Cuts what a failed write may have left, so that the log has no hole. */
  async #repair(): Promise<void> {
    await this.#file.truncate(this.#end);
    await this.#file.datasync();
    this.#broken = null;
  }
}
