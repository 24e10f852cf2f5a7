// Files of a node under an id that their content determines: the bytes of an import, a receipt with its capsule. Bounded: the oldest give way.

import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
  orderedKey,
} from './index.ts';

/** A store of files, in the two sub-levels `name` and `name`-order. */
export class BoundedFiles {
  readonly #db: Database;
  readonly #files: BytesLevel;
  readonly #order: JsonLevel<{ id: string; bytes: number }>;
  readonly #bytesMax: number;
  readonly #writing = new Map<string, Promise<void>>();
  #evicting: Promise<number> | undefined;
  #bytes = 0;
  #next = 0;

  /** `bytesMax`: bytes of all files together. */
  constructor(db: Database, name: string, bytesMax: number) {
    this.#db = db;
    this.#files = bytesLevel(db, name);
    this.#order = jsonLevel(db, `${name}-order`);
    this.#bytesMax = bytesMax;
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    for await (const [key, { bytes }] of this.#order.iterator()) {
      this.#bytes += bytes;
      this.#next = Number.parseInt(key, 16) + 1;
    }
  }

  /** Stores a file durably, and drops the oldest beyond the bound. A file that is there stays as it is. */
  async put(id: string, bytes: Uint8Array): Promise<void> {
    const earlier = this.#writing.get(id);
    if (earlier !== undefined) return await earlier;
    const writing = this.#put(id, bytes).finally(() => this.#writing.delete(id));
    this.#writing.set(id, writing);
    await writing;
  }

  /** A file, or undefined when it is not here (any more). */
  async get(id: string): Promise<Uint8Array | undefined> {
    return await this.#files.get(id);
  }

  async #put(id: string, bytes: Uint8Array): Promise<void> {
    if (await this.#files.has(id)) return;
    await this.#db
      .batch()
      .put(id, bytes, { sublevel: this.#files })
      .put(orderedKey(this.#next++), { id, bytes: bytes.length }, { sublevel: this.#order as never })
      .write(DURABLE);
    this.#bytes += bytes.length;
    // Again while it is too much: what was written during an eviction, that one did not see.
    while (this.#bytes > this.#bytesMax) {
      this.#evicting ??= this.#evict().finally(() => {
        this.#evicting = undefined;
      });
      if ((await this.#evicting) === 0) return;
    }
  }

  /** Drops the oldest; answers how many. */
  async #evict(): Promise<number> {
    const batch = this.#db.batch();
    let dropped = 0;
    for await (const [key, { bytes, id }] of this.#order.iterator()) {
      if (this.#bytes <= this.#bytesMax) break;
      batch.del(key, { sublevel: this.#order as never });
      batch.del(id, { sublevel: this.#files });
      this.#bytes -= bytes;
      dropped += 1;
    }
    await batch.write(DURABLE);
    return dropped;
  }
}
