// Logs that signed two histories, with the evidence, kept over restarts. Nothing more is taken from such a log; what was taken before
// stays, since its statements stand by their own signatures.

import { ZeroError } from '../../protocol/errors/index.ts';
import {
  bareEquivocation,
  decodeEquivocation,
  type EquivocationFinding,
  encodeEquivocation,
  verifyEquivocation,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE } from '../storage/index.ts';

/** Forked logs of which evidence is kept, some 2 kB each; as many as there can be logs. */
const FORKS_MAX = 10_000;

/** Evidence by origin. */
export class ForkBook {
  readonly #db: Database;
  readonly #level: BytesLevel;
  readonly #known = new Map<string, Verified<EquivocationFinding>>();
  readonly #listeners: ((finding: Verified<EquivocationFinding>) => void)[] = [];

  constructor(db: Database) {
    this.#db = db;
    this.#level = bytesLevel(db, 'log-forks');
  }

  /** Reads the evidence kept; drops what does not verify any more. */
  async load(): Promise<void> {
    for await (const [origin, bytes] of this.#level.iterator()) {
      try {
        this.#known.set(origin, verifyEquivocation(decodeEquivocation(bytes)));
      } catch {
        // Damaged on disk: whoever showed the fork once will show it again.
      }
    }
  }

  get size(): number {
    return this.#known.size;
  }

  has(origin: string): boolean {
    return this.#known.has(origin);
  }

  /** The evidence against a log, or undefined. */
  get(origin: string): Verified<EquivocationFinding> | undefined {
    return this.#known.get(origin);
  }

  /** Every finding. */
  list(): Verified<EquivocationFinding>[] {
    return [...this.#known.values()];
  }

  /** Calls a listener with each log that is found to have forked, once the evidence is kept. */
  listen(listener: (finding: Verified<EquivocationFinding>) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Keeps evidence, in its shortest form; answers true when the log was not known to be forked. Throws LIMIT_EXCEEDED, or STORAGE_FAILED:
   * the log is treated as forked all the same, and the evidence is asked of others after a restart.
   */
  async add(found: Verified<EquivocationFinding>): Promise<boolean> {
    const { origin } = found;
    if (this.#known.has(origin)) return false;
    const finding = bareEquivocation(found);
    if (this.#known.size >= FORKS_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'too many forked logs');
    this.#known.set(origin, finding);
    try {
      const batch = this.#db.batch();
      await batch.put(origin, encodeEquivocation(finding), { sublevel: this.#level }).write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'evidence of a fork could not be written', { cause });
    }
    for (const listener of this.#listeners) listener(finding);
    return true;
  }
}
