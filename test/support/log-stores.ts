// A log store on a database of its own in a temporary folder, and a node's log over it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../node/clock/index.ts';
import { type AppendListener, type HeadGuard, LogStore, OwnLog } from '../../node/log/index.ts';
import { type Database, openDatabase } from '../../node/storage/index.ts';
import type { Envelope } from '../../protocol/envelope/index.ts';
import { seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import { noteSigner, peerIdOfKey } from '../../protocol/log/index.ts';
import { seed } from './agents.ts';

/** A folder with a database that can be closed and opened again; removed at the end. */
export class TestDatabase {
  readonly folder = mkdtempSync(join(tmpdir(), 'zerostate-db-'));
  #db: Database | undefined;

  get dir(): string {
    return join(this.folder, 'db');
  }

  /** The database, opened on first use. */
  async open(): Promise<Database> {
    this.#db ??= await openDatabase(this.dir);
    return this.#db;
  }

  async close(): Promise<void> {
    await this.#db?.close();
    this.#db = undefined;
  }

  /** A store that has read what the folder holds. */
  async store(db?: Database): Promise<LogStore> {
    const store = new LogStore(db ?? (await this.open()));
    await store.load();
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The log of the node whose seed is one repeated byte. */
export function ownLogOver(
  store: LogStore,
  listener: Partial<AppendListener> = {},
  byte = 7,
  guard?: HeadGuard,
): OwnLog {
  return new OwnLog({
    store,
    clock: systemClock,
    peerId: peerIdOfKey(noteSigner(seed(byte)).publicKey),
    seed: seed(byte),
    listener: { entry: () => {}, head: () => {}, ...listener },
    ...(guard === undefined ? {} : { guard }),
  });
}

/** A signed envelope with some text. */
export function note(text: string): Envelope {
  return signEnvelope({
    payloadType: 'application/x-sample',
    payload: new TextEncoder().encode(text),
    signers: [seedSigner(seed(3))],
  });
}

type WriteOptions = { readonly sync?: boolean } | undefined;

/** The database, each of whose batches is written by `write`, which is given the batch's own way. */
function writtenBy(
  db: Database,
  write: (own: () => Promise<void>, options: WriteOptions, close: () => Promise<void>) => Promise<void>,
): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name === 'batch')
        return () => {
          const batch = target.batch();
          const own = batch.write.bind(batch);
          batch.write = (async (options: WriteOptions) =>
            await write(
              () => own(options as never),
              options,
              () => batch.close(),
            )) as typeof batch.write;
          return batch;
        };
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The database, whose next batches fail as a full disk does while `failing()` is true. */
export function faultyDatabase(db: Database, failing: () => boolean): Database {
  return writtenBy(db, async (own, _, close) => {
    if (!failing()) return await own();
    await close();
    throw Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
  });
}

/** The database, with every option that its batches are written with, before and after. */
export function watchedDatabase(
  db: Database,
  onWrite: (options: WriteOptions, done: boolean) => void,
): Database {
  return writtenBy(db, async (own, options) => {
    onWrite(options, false);
    await own();
    onWrite(options, true);
  });
}

/** The database, and whether each of its batches was to be flushed. */
export function flushesOf(db: Database): { db: Database; flushed: boolean[] } {
  const flushed: boolean[] = [];
  const seen = watchedDatabase(db, (options, done) => {
    if (!done) flushed.push(options?.sync === true);
  });
  return { db: seen, flushed };
}
