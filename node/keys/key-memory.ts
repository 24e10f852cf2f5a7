// Public keys that this node has found to be sound points, over restarts: the check costs more than a verification, and a start reads
// every agent's keys again. A cache and nothing more: without the file, or with a damaged one, every key is checked anew. Signatures are
// always verified.

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '../../protocol/bytes/index.ts';
import {
  KEYS_REMEMBERED_MAX,
  recallSafePublicKeys,
  safePublicKeys,
  sha256,
} from '../../protocol/crypto/index.ts';
import type { Logger } from '../logger/index.ts';

const FILE = 'checked-keys';
const KEY_BYTES = 32;
const SUM_BYTES = 32;

/** The memory of one home. */
export class KeyMemory {
  readonly #path: string;
  readonly #log: Logger;
  #kept = 0;

  constructor(home: string, log: Logger) {
    this.#path = join(home, FILE);
    this.#log = log;
  }

  /** Recalls the keys of an earlier run; answers how many. */
  async load(): Promise<number> {
    const bytes = await readFile(this.#path).catch(() => undefined);
    if (bytes === undefined || bytes.length < SUM_BYTES || bytes.length % KEY_BYTES !== 0) return 0;
    const keys = bytes.subarray(SUM_BYTES);
    if (
      keys.length > KEYS_REMEMBERED_MAX * KEY_BYTES ||
      !equalBytes(sha256(keys), bytes.subarray(0, SUM_BYTES))
    ) {
      this.#log.warn({ path: this.#path }, 'the memory of checked keys is damaged: they are checked again');
      return 0;
    }
    const count = keys.length / KEY_BYTES;
    recallSafePublicKeys(
      Array.from({ length: count }, (_, i) => keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)),
    );
    this.#kept = count;
    return count;
  }

  /** Keeps what is known now. A disk that refuses costs the next start some time and nothing else. */
  async save(): Promise<void> {
    const keys = safePublicKeys();
    if (keys.length === this.#kept) return;
    const body = Buffer.concat(keys);
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      {
        await using file = await open(temporary, 'w', 0o600);
        await file.writeFile(Buffer.concat([sha256(body), body]));
      }
      await rename(temporary, this.#path);
      this.#kept = keys.length;
    } catch (error) {
      this.#log.debug({ error: (error as Error).message }, 'checked keys could not be kept');
    }
  }
}
