// The original bytes of what was imported, under their digest: they are the evidence, and a log holds only what was read in them. Bounded;
// the oldest give way.

import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
  orderedKey,
} from '../storage/index.ts';

/** Bytes of originals kept: some thousand SBOMs. */
const ORIGINALS_BYTES_MAX: number = 512 * 1024 * 1024;

/** The store of originals. */
export class Originals {
  readonly #db: Database;
  readonly #bytes: BytesLevel;
  readonly #order: JsonLevel<{ digest: string; bytes: number }>;
  #total = 0;
  #next = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#bytes = bytesLevel(db, 'provenance-originals');
    this.#order = jsonLevel(db, 'provenance-originals-order');
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    for await (const [key, { bytes }] of this.#order.iterator()) {
      this.#total += bytes;
      this.#next = Number.parseInt(key, 16) + 1;
    }
  }

  /** Stores an original durably under 'sha256:<hex>'. */
  async put(digest: string, bytes: Uint8Array): Promise<void> {
    if ((await this.#bytes.get(digest)) !== undefined) return;
    const batch = this.#db.batch();
    batch.put(digest, bytes, { sublevel: this.#bytes });
    batch.put(orderedKey(this.#next++), { digest, bytes: bytes.length }, { sublevel: this.#order as never });
    this.#total += bytes.length;
    if (this.#total > ORIGINALS_BYTES_MAX)
      for await (const [key, old] of this.#order.iterator()) {
        if (this.#total <= ORIGINALS_BYTES_MAX) break;
        batch.del(key, { sublevel: this.#order as never });
        batch.del(old.digest, { sublevel: this.#bytes });
        this.#total -= old.bytes;
      }
    await batch.write(DURABLE);
  }

  /** The original, or undefined when it is not here. */
  async get(digest: string): Promise<Uint8Array | undefined> {
    return await this.#bytes.get(digest);
  }
}
