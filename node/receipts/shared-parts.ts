// Parts that many receipt files have in common (an executor's card, the keychain in what an agent signs), each kept once under its digest.
// Must not: give one up that a kept file names. So none gives way while the node runs: where there is no room, a file keeps its own copy.

import { toBase64 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE } from '../storage/index.ts';

/** Bytes of all parts: some ten thousand cards and keychains. */
const PARTS_BYTES_MAX: number = 32 * 1024 * 1024;
/** Bytes of the shortest part that is kept: what is shorter is not worth a name. */
const PART_BYTES_MIN = 512;
/** Bytes of the longest part: a card has some four thousand. */
const PART_BYTES_MAX = 16_384;
/** Parts that came last, in memory: tasks of one kind follow each other, at a few members. */
const RECENT_MAX = 32;

/** The parts. */
export class SharedParts {
  readonly #db: Database;
  readonly #level: BytesLevel;
  readonly #bytesMax: number;
  /** Bytes of each part that is on disk. */
  readonly #sizes = new Map<string, number>();
  readonly #writing = new Map<string, Promise<void>>();
  #recent: { readonly id: string; readonly part: Uint8Array }[] = [];
  #bytes = 0;

  constructor(db: Database, name: string, bytesMax: number = PARTS_BYTES_MAX) {
    this.#db = db;
    this.#level = bytesLevel(db, name);
    this.#bytesMax = bytesMax;
  }

  /** Reads which are there. `needed` tells which are named by what is kept; asked only when there is no room left, for the others go then. */
  async load(needed: () => Promise<ReadonlySet<string>>): Promise<void> {
    for await (const [id, part] of this.#level.iterator()) this.#note(id, part.length);
    if (this.#bytes + PART_BYTES_MAX <= this.#bytesMax) return;
    const kept = await needed();
    const batch = this.#db.batch();
    for (const [id, size] of this.#sizes) {
      if (kept.has(id)) continue;
      batch.del(id, { sublevel: this.#level });
      this.#sizes.delete(id);
      this.#bytes -= size;
    }
    await batch.write(DURABLE);
  }

  /** The id of a part, which is on disk when this returns; undefined when it is too short or too long, or there is no room for it. */
  async keep(part: Uint8Array): Promise<string | undefined> {
    if (part.length < PART_BYTES_MIN || part.length > PART_BYTES_MAX) return undefined;
    const recent = this.#recent.find((one) => Buffer.compare(one.part, part) === 0);
    if (recent !== undefined) return recent.id;
    const id = toBase64(sha256(part));
    if (!this.#sizes.has(id)) {
      if (!this.#writing.has(id) && this.#bytes + part.length > this.#bytesMax) return undefined;
      await this.#write(id, part);
    }
    // A copy: what was given may be a piece of something far larger.
    if (this.#recent.every((one) => one.id !== id))
      this.#recent = [{ id, part: part.slice() }, ...this.#recent.slice(0, RECENT_MAX - 1)];
    return id;
  }

  /** A part, or undefined when it is not here. */
  async get(id: string): Promise<Uint8Array | undefined> {
    return await this.#level.get(id);
  }

  #note(id: string, size: number): void {
    this.#sizes.set(id, size);
    this.#bytes += size;
  }

  async #write(id: string, part: Uint8Array): Promise<void> {
    const earlier = this.#writing.get(id);
    if (earlier !== undefined) return await earlier;
    // Its room is taken from here on.
    this.#bytes += part.length;
    const writing = this.#db
      .batch()
      .put(id, part, { sublevel: this.#level })
      .write(DURABLE)
      .then(() => {
        this.#note(id, part.length);
      })
      .finally(() => {
        this.#bytes -= part.length;
        this.#writing.delete(id);
      });
    this.#writing.set(id, writing);
    await writing;
  }
}
