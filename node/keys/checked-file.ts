// A file with what this node has checked once and need not check again: items of 32 bytes under a keyed sum. It is a cache and nothing more:
// without the file, or with a damaged one, everything is checked anew. Only who has the node's own key could make one that is believed, and
// may sign as the node anyway.

import { createHmac } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { equalBytes } from '../../protocol/bytes/index.ts';
import type { Logger } from '../logger/index.ts';

const ITEM_BYTES = 32;
const SUM_BYTES = 32;

export interface CheckedFileOptions {
  readonly path: string;
  /** The node's seed. */
  readonly seed: Uint8Array;
  /** What the items are: one file cannot be taken for another. */
  readonly what: string;
  readonly itemsMax: number;
  readonly log: Logger;
}

/** One file of checked things. */
export class CheckedFile {
  readonly #options: CheckedFileOptions;

  constructor(options: CheckedFileOptions) {
    this.#options = options;
  }

  #sum(body: Uint8Array): Uint8Array {
    const { seed, what } = this.#options;
    return createHmac('sha256', seed).update(`zerostate checked ${what}\n`).update(body).digest();
  }

  /** The items of an earlier run; none where there is no sound file. */
  async read(): Promise<Uint8Array[]> {
    const { itemsMax, log, path } = this.#options;
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined || bytes.length < SUM_BYTES || bytes.length % ITEM_BYTES !== 0) return [];
    const body = bytes.subarray(SUM_BYTES);
    const count = body.length / ITEM_BYTES;
    if (count > itemsMax || !equalBytes(this.#sum(body), bytes.subarray(0, SUM_BYTES))) {
      log.warn({ path }, 'the memory of what was checked is damaged: all is checked again');
      return [];
    }
    return Array.from({ length: count }, (_, i) => body.subarray(i * ITEM_BYTES, (i + 1) * ITEM_BYTES));
  }

  /** Keeps these items in place of those before. A disk that refuses costs the next start some time and nothing else. */
  async write(items: readonly Uint8Array[]): Promise<void> {
    const { log, path } = this.#options;
    const body = Buffer.concat(items);
    const temporary = `${path}.${process.pid}.tmp`;
    try {
      {
        await using file = await open(temporary, 'w', 0o600);
        await file.writeFile(Buffer.concat([this.#sum(body), body]));
      }
      await rename(temporary, path);
    } catch (error) {
      log.debug({ path, error: (error as Error).message }, 'what was checked could not be kept');
    }
  }
}
