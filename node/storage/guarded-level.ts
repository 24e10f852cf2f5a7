// LevelDB that goes read-only when the disk fails. After a write that failed half-way, LevelDB goes on writing behind the torn record,
// acknowledges, and loses all of it at the next start. So from the first failure on nothing is written until the database has been
// closed and opened again, which starts a fresh file; that is tried until the disk takes writes again. A folder that was removed or replaced
// below it is a failure as well: what is written then is gone at the next start, so it is not acknowledged.

import { statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type GroupWriter, type Operation, WriteGroups } from './write-groups.ts';

/** Pause between two attempts to write again. */
const RETRY_MS = 1_000;
/** Room that must be there before writing is tried again, in bytes: LevelDB needs new files to open, and a little to work with. */
const PROBE_BYTES = 1_048_576;
/**
 * Bytes that are gathered in memory before they become a table, and up to twice as many while one is written; a start reads them from the
 * journal. What is written again soon (a task, a side of a channel) meets itself there, and reaches a table once: with LevelDB's own 4 MiB five
 * hundred tasks at once filled four tables, which were then merged.
 */
const WRITE_BUFFER_BYTES_MAX = 16 * 1024 * 1024;
/** What is not the disk's fault. */
const HARMLESS = new Set([
  'LEVEL_DATABASE_NOT_OPEN',
  'LEVEL_BATCH_NOT_OPEN',
  'LEVEL_INVALID_KEY',
  'LEVEL_INVALID_VALUE',
]);

const FOLDER_GONE = 'the folder of the database was removed or replaced while the node runs';
const FOLDER_GONE_HINT =
  'Put the same folder back, or stop the node and restore its backup: docs/runbooks/restore-a-node.md. What would be written now is gone at the next start.';

/** Something of the database that must be opened again with it. */
interface Part {
  open(): Promise<void>;
}

/** What the library's own classes are made of: batches as lists, written by one method that each database has. */
interface Internals {
  _batch: GroupWriter;
  _chainedBatch(): unknown;
}
const OWN = Level.prototype as unknown as Internals;
const GENERAL = Object.getPrototypeOf(Level.prototype) as Internals;

function isSync(options: { readonly sync?: boolean } | undefined): boolean {
  return options?.sync === true;
}

/** Told when the database becomes read-only, and when it takes writes again. */
export type StorageListener = (failure: Error | undefined) => void;

/** The database of one node. */
export class GuardedLevel extends Level<string, Uint8Array> {
  readonly #dir: string;
  readonly #parts = new Map<string, Part>();
  #failure: Error | undefined;
  #failures = 0;
  #place: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt: Promise<void> | undefined;
  #stopped = false;
  readonly #groups = new WriteGroups(async (operations, options) => {
    // Closed while they waited.
    if (this.status !== 'open')
      throw Object.assign(new Error('the database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
    await this.#inFolder(options.sync, () => OWN._batch.call(this, operations, options));
  });
  /** Set by whoever wants to know. */
  onChange: StorageListener = () => {};

  constructor(dir: string) {
    super(dir, { keyEncoding: 'utf8', valueEncoding: 'view', writeBufferSize: WRITE_BUFFER_BYTES_MAX });
    this.#dir = dir;
  }

  /** Why nothing is written now; undefined while all is well. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** How often writing has failed: what was written before a failure and not acknowledged as durable may be lost. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Whether its folder is still the one that was there when this was first asked. What was removed is written to all the same, and is gone at
   * the next start. One look costs some 2 µs: less than handing it to another thread. Never throws.
   */
  inPlace(): boolean {
    let found: number | undefined;
    try {
      found = statSync(join(this.#dir, 'LOCK'), { throwIfNoEntry: false })?.ino;
    } catch {
      // Not to be seen is not there.
    }
    this.#place ??= found;
    return found !== undefined && found === this.#place;
  }

  /** Throws STORAGE_FAILED, as a durable write would now, while nothing is written. */
  checkWrites(): void {
    if (this.#failure !== undefined) throw this.#refusal();
    this.#checkPlace();
  }

  /** The sub-level of this name: made once, as a database keeps all that were made; it opens again together with the database. */
  part<T extends Part>(name: string, make: () => T): T {
    const known = this.#parts.get(name);
    if (known !== undefined) return known as T;
    const part = make();
    this.#parts.set(name, part);
    return part;
  }

  // Every write of the node comes through these three: sub-levels call their parent.
  // biome-ignore-start lint/suspicious/noExplicitAny: one implementation of each of the library's overloads
  override put(...args: any[]): Promise<void> {
    return this.#guarded(() => this.#inFolder(isSync(args[2]), () => super.put(args[0], args[1], args[2])));
  }

  override del(...args: any[]): Promise<void> {
    return this.#guarded(() => this.#inFolder(isSync(args[1]), () => super.del(args[0], args[1])));
  }

  override batch(...args: any[]): any {
    if (args.length > 0) return this.#guarded(() => super.batch(args[0], args[1]));
    const batch = super.batch();
    const write = batch.write.bind(batch);
    batch.write = (async (options: never) => {
      try {
        return await this.#guarded(() => write(options));
      } finally {
        await batch.close();
      }
    }) as typeof batch.write;
    return batch;
  }
  // biome-ignore-end lint/suspicious/noExplicitAny: end of the overloads

  /** The library's own place to write a batch: here it joins those that wait. */
  async _batch(operations: readonly Operation[], options: { readonly sync?: boolean }): Promise<void> {
    await this.#groups.add(operations, options.sync === true);
  }

  /** A batch that is put together here, and handed over when it is written. */
  _chainedBatch(): unknown {
    return GENERAL._chainedBatch.call(this);
  }

  /** Closes for good: no further attempt is made. */
  async end(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#attempt;
    await this.close();
  }

  /** Closes when all that was handed over is written. */
  override async close(): Promise<void> {
    await this.#groups.flush();
    await super.close();
  }

  async #guarded<T>(write: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#refusal();
    const before = this.#failures;
    try {
      const result = await write();
      // Written behind somebody else's torn record: it may not be there at the next start.
      if (this.#failures !== before) throw this.#refusal();
      return result;
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (!code.startsWith('LEVEL_') || HARMLESS.has(code)) throw error;
      this.#fail(error as Error);
      throw this.#refusal();
    }
  }

  /** A write that is acknowledged as durable: the folder is there before it, and still there when it is on disk. */
  async #inFolder(isDurable: boolean, write: () => Promise<void>): Promise<void> {
    if (isDurable) this.#checkPlace();
    await write();
    if (isDurable) this.#checkPlace();
  }

  #checkPlace(): void {
    if (this.inPlace()) return;
    this.#fail(new ZeroError('STORAGE_FAILED', FOLDER_GONE, { hint: FOLDER_GONE_HINT }));
    throw this.#refusal();
  }

  #refusal(): ZeroError {
    if (this.#failure instanceof ZeroError) return this.#failure;
    return new ZeroError('STORAGE_FAILED', 'the disk does not take writes', { cause: this.#failure });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#failures += 1;
    this.onChange(error);
    this.#later();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#attempt = this.#recover().catch(() => this.#later());
    }, RETRY_MS);
    this.#timer.unref();
  }

  async #recover(): Promise<void> {
    // Opened again, an empty one would be made in its place.
    if (!this.inPlace()) return this.#later();
    await this.#probe();
    if (this.#stopped) return;
    if (this.status === 'open') await this.close();
    await this.open();
    await Promise.all([...this.#parts.values()].map((part) => part.open()));
    await super.put('!probe', new Uint8Array(1), { sync: true } as never);
    this.#failure = undefined;
    this.onChange(undefined);
  }

  /** Throws when the disk has no room or does not take writes. */
  async #probe(): Promise<void> {
    const path = join(this.#dir, '..', '.probe');
    try {
      await using file = await open(path, 'w', 0o600);
      await file.writeFile(new Uint8Array(PROBE_BYTES));
      await file.sync();
    } finally {
      await rm(path, { force: true });
    }
  }
}
