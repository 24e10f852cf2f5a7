// Receipt files with their replay capsules, for tasks that this node asked for. Bounded: the oldest give way.

import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
  orderedKey,
} from '../storage/index.ts';

/** Bytes of files kept. */
const BYTES_MAX = 256 * 1024 * 1024;

/** The store of receipt files. */
export class ReceiptFiles {
  readonly #files: BytesLevel;
  readonly #order: JsonLevel<{ id: string; bytes: number }>;
  readonly #db: Database;
  #bytes = 0;
  #next = 0;

  constructor(db: Database) {
    this.#db = db;
    this.#files = bytesLevel(db, 'receipt-files');
    this.#order = jsonLevel<{ id: string; bytes: number }>(db, 'receipt-files-order');
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    for await (const [key, { bytes }] of this.#order.iterator()) {
      this.#bytes += bytes;
      this.#next = Number.parseInt(key, 16) + 1;
    }
  }

  /** Stores a file durably; drops the oldest beyond the quota. */
  async put(id: string, bytes: Uint8Array): Promise<void> {
    const batch = this.#db.batch();
    batch.put(id, bytes, { sublevel: this.#files });
    batch.put(orderedKey(this.#next++), { id, bytes: bytes.length }, { sublevel: this.#order as never });
    this.#bytes += bytes.length;
    if (this.#bytes > BYTES_MAX) {
      for await (const [key, old] of this.#order.iterator()) {
        if (this.#bytes <= BYTES_MAX) break;
        batch.del(key, { sublevel: this.#order as never });
        if (old.id !== id) batch.del(old.id, { sublevel: this.#files });
        this.#bytes -= old.bytes;
      }
    }
    await batch.write(DURABLE);
  }

  async get(id: string): Promise<Uint8Array | undefined> {
    return await this.#files.get(id);
  }
}
