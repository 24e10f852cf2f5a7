// How the database comes back after a failed write: it looks for room first, opens afresh with all its parts, tries until the disk takes writes, and
// ends when it is told to.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesLevel, type Database, orderedKey, storageFailed } from '../../../node/storage/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { refused } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const DURABLE = { sync: true } as never;
const ONE = Uint8Array.of(1);

/** The database's own writes, as LevelDB takes them. */
interface Level {
  _batch: (operations: unknown, options: unknown) => Promise<void>;
  put: (...args: unknown[]) => Promise<void>;
}
const levelOf = (db: Database) => Object.getPrototypeOf(Object.getPrototypeOf(db)) as Level;
const full = () => Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' });

/** Has LevelDB's next batches fail while `work` is under way. */
async function failing(db: Database, work: () => Promise<void>): Promise<void> {
  const level = levelOf(db);
  const { _batch } = level;
  level._batch = () => Promise.reject(full());
  try {
    await work();
  } finally {
    level._batch = _batch;
  }
}

/** Resolves at the next change: whether the database takes writes then. */
const changed = (db: Database) =>
  new Promise<boolean>((resolve) => {
    db.onChange = (failure) => resolve(failure === undefined);
  });
const write = (db: Database, key: string) =>
  db
    .batch()
    .put(key, ONE, { sublevel: bytesLevel(db, 'part') })
    .write(DURABLE);

describe('the recovery of a database', function () {
  this.timeout(20_000);

  it('acknowledges nothing that was written beside a torn record', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    const level = levelOf(db);
    const { put } = level;
    const slow = Promise.withResolvers<void>();
    let puts = 0;
    level.put = async () => {
      puts += 1;
      if (puts === 1) return await slow.promise;
      throw full();
    };
    try {
      const beside = assert.rejects(db.put('beside', ONE, DURABLE), refused('STORAGE_FAILED'));
      await assert.rejects(db.put('torn', ONE, DURABLE), refused('STORAGE_FAILED'));
      slow.resolve();
      await beside;
    } finally {
      level.put = put;
    }
  });

  it('waits until there is room, leaves nothing behind, and has all its parts again', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    await write(db, 'before');
    const failed = changed(db);
    await failing(db, () => assert.rejects(write(db, 'torn'), refused('STORAGE_FAILED')));
    assert.equal(await failed, false);
    // No room: the probe is not to be written.
    const probe = join(folder.folder, '.probe');
    mkdirSync(probe);
    const attempt = Promise.withResolvers<void>();
    const look = db.inPlace.bind(db);
    let looks = 0;
    db.inPlace = () => {
      looks += 1;
      if (looks === 2) attempt.resolve();
      return look();
    };
    await attempt.promise;
    assert.notEqual(db.failure, undefined, 'it has tried once, in vain');
    db.inPlace = look;
    const back = changed(db);
    rmSync(probe, { recursive: true });
    assert.equal(await back, true);
    assert.equal(existsSync(probe), false);
    await write(db, 'after');
    assert.deepEqual(await bytesLevel(db, 'part').keys().all(), ['after', 'before']);
    await folder.close();
    assert.deepEqual(
      await bytesLevel(await folder.open(), 'part')
        .keys()
        .all(),
      ['after', 'before'],
    );
  });

  it('tries no more once the database has ended', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    await failing(db, () => assert.rejects(write(db, 'torn'), refused('STORAGE_FAILED')));
    await db.end();
    assert.equal(db.status, 'closed');
    let looks = 0;
    db.inPlace = () => {
      looks += 1;
      return true;
    };
    // Longer than the pause between two attempts, by another database that comes back meanwhile.
    await using other = new TestDatabase();
    const second = await other.open();
    await failing(second, () => assert.rejects(write(second, 'torn'), refused('STORAGE_FAILED')));
    assert.equal(await changed(second), true);
    assert.deepEqual([looks, db.status], [0, 'closed']);
  });

  it('is not begun by what is not the disk’s fault', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    await assert.rejects(db.put(undefined as never, ONE), { code: 'LEVEL_INVALID_KEY' });
    await assert.rejects(db.put('key', undefined as never), { code: 'LEVEL_INVALID_VALUE' });
    assert.deepEqual([db.failure, db.failures], [undefined, 0]);
    await write(db, 'after');
    await folder.close();
    await assert.rejects(db.put('late', ONE), { code: 'LEVEL_DATABASE_NOT_OPEN' });
    assert.equal(db.failures, 0);
  });
});

describe('words and keys of the database', () => {
  it('a remedy that the database has named is not lost in other words', () => {
    const named = new ZeroError('STORAGE_FAILED', 'gone', { hint: 'put it back' });
    assert.equal(storageFailed('the log could not be written', named), named);
    const other = storageFailed('the log could not be written', full());
    assert.deepEqual([other.code, other.message], ['STORAGE_FAILED', 'the log could not be written']);
  });

  it('numbers sort as numbers do', () => {
    const numbers = [0, 9, 10, 255, 256, 2 ** 32, Number.MAX_SAFE_INTEGER];
    assert.deepEqual(numbers.map(orderedKey), [...numbers.map(orderedKey)].sort());
  });
});
