// Idempotency keys: what changes state is done once for a key, however often it is sent; the answer of the first time is given again, also
// after a restart. Kept for a day, and bounded; a secret is kept in memory alone.

import { createHash } from 'node:crypto';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';

/** A key is forgotten after a day: clients try again for minutes. */
export const IDEMPOTENCY_MS = 86_400_000;
/** Answers kept: with the bytes of each, 64 MiB at most. */
export const IDEMPOTENCY_ANSWERS_MAX = 1_024;
/** A larger answer is not kept; its key is refused the second time. */
export const IDEMPOTENCY_ANSWER_CHARS_MAX = 65_536;
/** Characters of a key: a UUID, a build number, a digest. */
export const IDEMPOTENCY_HEADER_CHARS_MAX = 200;

/** What was answered. */
export interface KeptAnswer {
  readonly status: number;
  readonly payload: string | null;
}

interface Kept extends KeptAnswer {
  readonly at: number;
  readonly asked: string;
}

/** Answers by key. */
export class IdempotencyBook {
  readonly #db: Database;
  readonly #level: JsonLevel<Kept>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, string>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#level = jsonLevel<Kept>(db, 'api-idempotency');
  }

  async load(): Promise<void> {
    const found: [string, Kept][] = [];
    for await (const entry of this.#level.iterator()) found.push(entry);
    for (const [key, kept] of found.sort(([, a], [, b]) => a.at - b.at)) this.#kept.set(key, kept);
  }

  /** The digest of what is asked: another request under the same key is a mistake. */
  digest(...parts: readonly string[]): string {
    return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  }

  /**
   * The answer of the first time, or undefined when this is it: then `end` must follow.
   * Throws ALREADY_EXISTS when the key began something else, BUSY while the first time is under way.
   */
  begin(key: string, asked: string): KeptAnswer | undefined {
    const kept = this.#kept.get(key);
    const known = kept !== undefined && this.#clock.now() - kept.at < IDEMPOTENCY_MS ? kept : undefined;
    const before = known?.asked ?? this.#running.get(key);
    if (before !== undefined && before !== asked)
      throw new ZeroError('ALREADY_EXISTS', 'this idempotency key began another request', {
        hint: 'Use a key of its own for every request.',
      });
    if (known !== undefined) {
      if (known.payload !== null) return known;
      throw new ZeroError('ALREADY_EXISTS', 'this was done; its answer was too large or too secret to keep');
    }
    if (before !== undefined) throw new ZeroError('BUSY', 'the same request is under way');
    this.#running.set(key, asked);
    return undefined;
  }

  /** Ends the first time. An answer is on disk before it is sent; a failure that may pass is not kept. */
  async end(key: string, answer: (KeptAnswer & { readonly secret?: boolean }) | undefined): Promise<void> {
    const asked = this.#running.get(key);
    try {
      if (asked === undefined || answer === undefined) return;
      const payload =
        answer.payload !== null && answer.payload.length <= IDEMPOTENCY_ANSWER_CHARS_MAX
          ? answer.payload
          : null;
      const kept = { status: answer.status, payload, at: this.#clock.now(), asked };
      const written = answer.secret === true ? { ...kept, payload: null } : kept;
      const batch = this.#db.batch().put(key, written, { sublevel: this.#level as never });
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      for (const [old, { at }] of this.#kept) {
        if (this.#kept.size <= IDEMPOTENCY_ANSWERS_MAX && this.#clock.now() - at < IDEMPOTENCY_MS) break;
        this.#kept.delete(old);
        batch.del(old, { sublevel: this.#level as never });
      }
      await batch.write(DURABLE);
    } finally {
      this.#running.delete(key);
    }
  }
}
