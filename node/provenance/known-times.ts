// Since when this node knows which entry of which log. The logs do not say, and "what was known then" cannot be answered without it, so it is
// kept beside them: a number for each time that a log grew, not for each entry.

import { type BytesLevel, bytesLevel, type Database, orderedKey } from '../storage/index.ts';

/** Growths closer together than this count as one, in ms: what was known is answered to the second. */
const RESOLUTION_MS = 1_000;
/** Growths remembered of one log: a year of one every ten minutes. Later ones are then told as the last remembered. */
const RUNS_MAX = 52_560;

interface Runs {
  readonly from: number[];
  readonly at: number[];
}

/** The journal. */
export class KnownTimes {
  readonly #level: BytesLevel;
  readonly #runs = new Map<string, Runs>();
  #waiting: { key: string; value: Uint8Array }[] = [];
  #writing: Promise<void> | undefined;

  constructor(db: Database) {
    this.#level = bytesLevel(db, 'provenance-known');
  }

  /** Reads the journal. */
  async load(): Promise<void> {
    for await (const [key, value] of this.#level.iterator()) {
      const slash = key.lastIndexOf('/');
      const at = new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0);
      this.#push(key.slice(0, slash), Number.parseInt(key.slice(slash + 1), 16), at);
    }
  }

  /** Notes that an entry became known now. Entries before the newest noted change nothing: they were known, or came late. */
  note(origin: string, index: number, now: number): void {
    const runs = this.#runs.get(origin);
    const last = runs === undefined ? undefined : runs.from.length - 1;
    if (runs !== undefined && last !== undefined && last >= 0) {
      if (index <= runs.from[last]! || now - runs.at[last]! < RESOLUTION_MS || last + 1 >= RUNS_MAX) return;
    }
    this.#push(origin, index, now);
    const value = new Uint8Array(8);
    new DataView(value.buffer).setFloat64(0, now);
    this.#waiting.push({ key: `${origin}/${orderedKey(index)}`, value });
    this.#writing ??= this.#write();
  }

  /** When an entry became known, in ms; undefined when the journal does not reach back to it. */
  of(origin: string, index: number): number | undefined {
    const runs = this.#runs.get(origin);
    if (runs === undefined || index < runs.from[0]!) return undefined;
    let low = 0;
    let high = runs.from.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (runs.from[middle]! <= index) low = middle;
      else high = middle;
    }
    return runs.at[low];
  }

  /** Resolves when all is written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #push(origin: string, from: number, at: number): void {
    const runs = this.#runs.get(origin) ?? { from: [], at: [] };
    runs.from.push(from);
    runs.at.push(at);
    this.#runs.set(origin, runs);
  }

  // Not flushed to the disk: what a crash takes with it is told from the statements' own times.
  async #write(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const puts = this.#waiting.map(({ key, value }) => ({ type: 'put' as const, key, value }));
        this.#waiting = [];
        await this.#level.batch(puts);
      }
    } catch {
      // A disk that takes no writes has said so elsewhere; the journal in memory goes on.
      this.#waiting = [];
    } finally {
      this.#writing = undefined;
    }
  }
}
