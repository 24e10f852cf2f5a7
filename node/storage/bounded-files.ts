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

/** Ids of files that are known without asking the disk, at some 0.1 kB each. */
const IDS_KNOWN_MAX = 65_536;

/** A store of files, in the two sub-levels `name` and `name`-order. */
export class BoundedFiles {
  readonly #db: Database;
  readonly #files: BytesLevel;
  readonly #order: JsonLevel<{ id: string; bytes: number }>;
  readonly #bytesMax: number;
  readonly #writing = new Map<string, Promise<void>>();
  readonly #known = new Set<string>();
  readonly #knownMax: number;
  /** True while every file that is there is known. */
  #knowsAll = false;
  #evicting: Promise<number> | undefined;
  /** Files that are being dropped. */
  readonly #leaving = new Set<string>();
  #bytes = 0;
  #next = 0;

  /** `bytesMax`: bytes of all files together; `knownMax`: ids that are kept in memory. */
  constructor(db: Database, name: string, bytesMax: number, knownMax = IDS_KNOWN_MAX) {
    this.#knownMax = knownMax;
    this.#db = db;
    this.#files = bytesLevel(db, name);
    this.#order = jsonLevel(db, `${name}-order`);
    this.#bytesMax = bytesMax;
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    this.#knowsAll = true;
    for await (const [key, { bytes, id }] of this.#order.iterator()) {
      this.#bytes += bytes;
      this.#know(id);
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

  /** Every file, one after another. */
  each(): AsyncIterable<Uint8Array> {
    return this.#files.values();
  }

  #know(id: string): void {
    if (this.#known.size < this.#knownMax) this.#known.add(id);
    else this.#knowsAll = false;
  }

  async #isThere(id: string): Promise<boolean> {
    return this.#known.has(id) || (!this.#knowsAll && (await this.#files.has(id)));
  }

  async #put(id: string, bytes: Uint8Array): Promise<void> {
    // What is written while it is dropped would be dropped with it.
    while (this.#leaving.has(id)) await this.#evicting;
    if (await this.#isThere(id)) return;
    await this.#db
      .batch()
      .put(id, bytes, { sublevel: this.#files })
      .put(orderedKey(this.#next++), { id, bytes: bytes.length }, { sublevel: this.#order as never })
      .write(DURABLE);
    this.#know(id);
    this.#bytes += bytes.length;
    // Again while it is too much: what was written during an eviction, that one did not see.
    while (this.#bytes > this.#bytesMax) {
      this.#evicting ??= this.#evict().finally(() => {
        this.#evicting = undefined;
      });
      if ((await this.#evicting) === 0) return;
    }
  }

  /** Drops the oldest; answers how many. What could not be dropped counts as there. */
  async #evict(): Promise<number> {
    const batch = this.#db.batch();
    let bytes = 0;
    try {
      for await (const [key, file] of this.#order.iterator()) {
        if (this.#bytes - bytes <= this.#bytesMax) break;
        batch.del(key, { sublevel: this.#order as never });
        batch.del(file.id, { sublevel: this.#files });
        this.#leaving.add(file.id);
        bytes += file.bytes;
      }
      await batch.write(DURABLE);
      this.#bytes -= bytes;
      for (const id of this.#leaving) this.#known.delete(id);
      return this.#leaving.size;
    } finally {
      this.#leaving.clear();
    }
  }
}
