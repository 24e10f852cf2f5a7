// The bytes of tasks by content id: what a requester must be able to give again after a restart, and what an executor was given before.
// A cache with a quota; parts of tasks that are under way are held.

import { Tally } from '../../protocol/bounded/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { contentIdOf } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { TaskPart } from '../../protocol/task/index.ts';
import { type BytesLevel, bytesLevel, type Database } from '../storage/index.ts';

/** Bytes kept on disk. A task whose parts do not fit is refused. */
const BYTES_MAX = 512 * 1024 * 1024;
/** Bytes kept in memory beside: modules that are run again and again. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;

/** The content id of bytes. */
export function partOf(bytes: Uint8Array): TaskPart {
  return { cid: contentIdOf(sha256(bytes)), bytes: bytes.length };
}

/** The store of parts. */
export class TaskParts {
  readonly #level: BytesLevel;
  /** Least recently used first; the number of bytes of each. */
  readonly #sizes = new Map<string, number>();
  readonly #memory = new Map<string, Uint8Array>();
  readonly #held = new Tally();
  readonly #bytesMax: number;
  #bytes = 0;
  #memoryBytes = 0;

  /** `bytesMax`: bytes of all parts together. */
  constructor(db: Database, bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
    this.#level = bytesLevel(db, 'task-parts');
  }

  /** Reads which parts are there. */
  async load(): Promise<void> {
    for await (const [cid, bytes] of this.#level.iterator()) {
      this.#sizes.set(cid, bytes.length);
      this.#bytes += bytes.length;
    }
  }

  has(cid: string): boolean {
    return this.#sizes.has(cid);
  }

  /** Stores bytes under their content id. Throws LIMIT_EXCEEDED when the tasks under way leave no room. */
  async put(bytes: Uint8Array): Promise<TaskPart> {
    const part = partOf(bytes);
    this.#remember(part.cid, bytes);
    if (this.#sizes.has(part.cid)) return part;
    this.#sizes.set(part.cid, bytes.length);
    this.#bytes += bytes.length;
    await this.#evict(part.cid);
    await this.#level.put(part.cid, bytes);
    return part;
  }

  /** Takes bytes that somebody says have this content id. Throws DECODE_FAILED. */
  async accept(cid: string, bytes: Uint8Array): Promise<void> {
    if (partOf(bytes).cid !== cid)
      throw new ZeroError('DECODE_FAILED', `the bytes are not those of the part ${cid}`);
    await this.put(bytes);
  }

  /** The bytes of a part, or undefined. What the disk changed is dropped. */
  async get(cid: string): Promise<Uint8Array | undefined> {
    const inMemory = this.#memory.get(cid);
    if (inMemory !== undefined) {
      this.#touch(cid);
      return inMemory;
    }
    if (!this.#sizes.has(cid)) return undefined;
    const bytes = await this.#level.get(cid);
    if (bytes === undefined || partOf(bytes).cid !== cid) {
      await this.#drop(cid);
      return undefined;
    }
    this.#touch(cid);
    this.#remember(cid, bytes);
    return bytes;
  }

  /** Keeps parts until `release`. */
  hold(cids: Iterable<string>): void {
    for (const cid of cids) this.#held.add(cid, 1);
  }

  /** Ends one `hold`. */
  release(cids: Iterable<string>): void {
    for (const cid of cids) this.#held.add(cid, -1);
  }

  #touch(cid: string): void {
    const size = this.#sizes.get(cid);
    if (size === undefined) return;
    this.#sizes.delete(cid);
    this.#sizes.set(cid, size);
  }

  #remember(cid: string, bytes: Uint8Array): void {
    if (this.#memory.has(cid) || bytes.length > MEMORY_BYTES_MAX / 4) return;
    this.#memory.set(cid, bytes);
    this.#memoryBytes += bytes.length;
    for (const [old, { length }] of this.#memory) {
      if (this.#memoryBytes <= MEMORY_BYTES_MAX) break;
      this.#memory.delete(old);
      this.#memoryBytes -= length;
    }
  }

  async #drop(cid: string): Promise<void> {
    const size = this.#sizes.get(cid);
    if (size === undefined) return;
    this.#sizes.delete(cid);
    this.#bytes -= size;
    const inMemory = this.#memory.get(cid);
    if (inMemory !== undefined) {
      this.#memory.delete(cid);
      this.#memoryBytes -= inMemory.length;
    }
    await this.#level.del(cid);
  }

  async #evict(keep: string): Promise<void> {
    for (const cid of [...this.#sizes.keys()]) {
      if (this.#bytes <= this.#bytesMax) return;
      if (cid !== keep && this.#held.of(cid) === 0) await this.#drop(cid);
    }
    if (this.#bytes <= this.#bytesMax) return;
    await this.#drop(keep);
    throw new ZeroError('LIMIT_EXCEEDED', `the tasks under way hold ${this.#bytes} bytes of parts already`);
  }
}
