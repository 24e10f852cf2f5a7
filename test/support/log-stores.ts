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

/** The database, whose next batches fail as a full disk does while `failing()` is true. */
export function faultyDatabase(db: Database, failing: () => boolean): Database {
  return new Proxy(db, {
    get(target, name) {
      if (name === 'batch')
        return () => {
          const batch = target.batch();
          const write = batch.write.bind(batch);
          batch.write = (async (options: never) => {
            if (!failing()) return await write(options);
            await batch.close();
            throw Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });
          }) as typeof batch.write;
          return batch;
        };
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
