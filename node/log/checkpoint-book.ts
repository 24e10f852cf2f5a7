// Signed heads of every log held, the older ones too: what a log said when, to be shown to auditors. A head is written with the entries
// that it covers, in one batch; cosignatures are added when they come.

import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { keepEd25519 } from '../../protocol/crypto/index.ts';
import { addSignatures, type NoteKey, parseCheckpoint, soundCosignatures } from '../../protocol/log/index.ts';
import { type BytesLevel, bytesLevel, type Database, orderedKey } from '../storage/index.ts';

/** Heads of one log that are kept, some 250 bytes each without cosignatures; past that every second of the older ones goes. */
export const CHECKPOINTS_PER_LOG_MAX = 4_096;
/** The newest of them, which are never thinned out. */
export const CHECKPOINTS_NEWEST_KEPT = 1_024;
/** Cosignatures kept of one head: as many as a verifier's policy can need, and a note's readers take. */
export const COSIGNATURES_KEPT_MAX = 15;
/** Heads written to one log between two looks at how many there are. */
const LOOK_EVERY = 256;

/** One kept head. */
export interface KeptCheckpoint {
  readonly size: number;
  /** The note, with the cosignatures that are known. */
  readonly text: string;
}

type Batch = ReturnType<Database['batch']>;

/** Heads by log and size. */
export class CheckpointBook {
  readonly #db: Database;
  readonly #level: BytesLevel;
  /** Heads written since the last look, by log: as many logs as there are heads in the store. */
  readonly #written = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
    this.#level = bytesLevel(db, 'log-checkpoints');
  }

  /** Adds a head to a batch that stores what it covers. */
  put(batch: Batch, origin: string, size: number, text: string): void {
    batch.put(keyOf(origin, size), utf8(text), { sublevel: this.#level });
    this.#written.set(origin, (this.#written.get(origin) ?? 0) + 1);
  }

  /** Thins the older heads of a log out when there are too many. To be called after the batch, best unawaited: it only makes room. */
  async thin(origin: string): Promise<void> {
    if ((this.#written.get(origin) ?? 0) < LOOK_EVERY) return;
    this.#written.set(origin, 0);
    const keys = await this.#level.keys(rangeOf(origin)).all();
    if (keys.length <= CHECKPOINTS_PER_LOG_MAX) return;
    const batch = this.#db.batch();
    keys.slice(0, -CHECKPOINTS_NEWEST_KEPT).forEach((key, i) => {
      if (i % 2 === 1) batch.del(key, { sublevel: this.#level });
    });
    await batch.write();
  }

  /** The head of a log at a size, or undefined. */
  async at(origin: string, size: number): Promise<string | undefined> {
    const bytes = await this.#level.get(keyOf(origin, size));
    return bytes === undefined ? undefined : fromUtf8(bytes);
  }

  /** Kept heads of a log, the largest first, beginning below a size. */
  async list(origin: string, options: { below?: number; limit: number }): Promise<KeptCheckpoint[]> {
    const { below, limit } = options;
    const range = rangeOf(origin);
    const values = await this.#level
      .values({
        ...range,
        ...(below === undefined ? {} : { lt: keyOf(origin, below) }),
        reverse: true,
        limit,
      })
      .all();
    return values.map((bytes) => {
      const text = fromUtf8(bytes);
      return { size: parseCheckpoint(text).size, text };
    });
  }

  /**
   * Adds the sound cosignatures of known witnesses that another copy of a kept head carries. `text` is taken as new when this size is not
   * kept, so the caller has verified it. Answers the note as it is kept now, and whether that is news.
   */
  async merge(
    origin: string,
    size: number,
    text: string,
    witnesses: readonly NoteKey[],
  ): Promise<{ text: string; isNews: boolean }> {
    const kept = await this.at(origin, size);
    const base = kept ?? text;
    // What is offered is checked, and then once more with what is kept: each signature costs its check once.
    const fresh = keepEd25519(() =>
      newer(base, soundCosignatures(parseCheckpoint(text), witnesses), witnesses),
    );
    if (kept !== undefined && fresh === kept) return { text: kept, isNews: false };
    // No fsync: who lost a cosignature asks for another.
    await this.#level.put(keyOf(origin, size), utf8(fresh));
    this.#written.set(origin, (this.#written.get(origin) ?? 0) + 1);
    return { text: fresh, isNews: true };
  }
}

/** The note with one cosignature of each witness: the newest of those it has and those that are offered. */
function newer(base: string, offered: readonly string[], witnesses: readonly NoteKey[]): string {
  if (offered.length === 0) return base;
  const all = addSignatures(base, offered.slice(0, COSIGNATURES_KEPT_MAX));
  const newest = soundCosignatures(parseCheckpoint(all), witnesses);
  const replaced = new Set(witnesses.map(({ name }) => name));
  const { body } = parseCheckpoint(base);
  const others = base
    .slice(body.length + 1)
    .split('\n')
    .filter((line) => line !== '' && !replaced.has(line.split(' ')[1]!));
  return addSignatures(
    `${body}\n${others.map((line) => `${line}\n`).join('')}`,
    newest.slice(0, COSIGNATURES_KEPT_MAX),
  );
}

function keyOf(origin: string, size: number): string {
  return `${origin}/${orderedKey(size)}`;
}

function rangeOf(origin: string): { gte: string; lt: string } {
  return { gte: `${origin}/`, lt: `${origin}0` };
}
