// The database goes read-only at the first write that fails, and takes writes again only after it was opened afresh.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { bytesLevel, jsonLevel, openDatabase } from '../../../node/storage/index.ts';
import { refused } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';

interface Puts {
  put: (...args: unknown[]) => Promise<void>;
}

describe('the guarded database', () => {
  it('says what the disk said of a folder that cannot be opened', async () => {
    await using folder = new TestDatabase();
    mkdirSync(`${folder.dir}/LOCK`, { recursive: true });
    await assert.rejects(
      openDatabase(folder.dir),
      (error: Error) =>
        refused('STORAGE_FAILED')(error) && /^cannot open .*: .*LOCK: Is a directory/.test(error.message),
    );
  });

  it('acknowledges nothing while its folder is removed or replaced below it, and goes on when the same is back', async function () {
    this.timeout(10_000);
    await using folder = new TestDatabase();
    const db = await folder.open();
    const part = bytesLevel(db, 'part');
    const durable = { sync: true } as never;
    const write = (key: string) =>
      db
        .batch()
        .put(key, new Uint8Array([1]), { sublevel: part })
        .write(durable);
    const changes: boolean[] = [];
    let changed = () => {};
    db.onChange = (failure) => {
      changes.push(failure === undefined);
      changed();
    };
    await write('before');
    assert.equal(db.inPlace(), true);
    renameSync(folder.dir, `${folder.dir}.gone`);
    assert.equal(db.inPlace(), false);
    // The library does not notice, and would acknowledge. The hint says what to do.
    await assert.rejects(
      write('lost'),
      (error: Error & { hint?: string }) =>
        refused('STORAGE_FAILED')(error) && /restore-a-node/.test(error.hint ?? ''),
    );
    await assert.rejects(part.put('lost', new Uint8Array([1]), durable), refused('STORAGE_FAILED'));
    await assert.rejects(part.del('before'), refused('STORAGE_FAILED'));
    assert.deepEqual(changes, [false]);
    cpSync(`${folder.dir}.gone`, folder.dir, { recursive: true });
    assert.equal(db.inPlace(), false);
    await assert.rejects(write('lost'), refused('STORAGE_FAILED'));
    rmSync(folder.dir, { recursive: true });
    const back = new Promise<void>((resolve) => {
      changed = resolve;
    });
    renameSync(`${folder.dir}.gone`, folder.dir);
    assert.equal(db.inPlace(), true);
    await back;
    await write('after');
    assert.deepEqual(await part.keys().all(), ['after', 'before']);
    assert.deepEqual(changes, [false, true]);
  });

  it('gathers megabytes before it writes a table, and has them all again after a start', async () => {
    await using folder = new TestDatabase();
    const part = bytesLevel(await folder.open(), 'part');
    const keys = Array.from({ length: 12 }, (_, at) => `key ${at + 10}`);
    // Random, so that it cannot be packed: three times what LevelDB gathers unless told.
    const values = keys.map(() => randomBytes(1_048_576));
    for (const [at, key] of keys.entries())
      await part.put(key, values[at] as Uint8Array, { sync: true } as never);
    const tables = readdirSync(folder.dir).filter((name) => name.endsWith('.ldb'));
    assert.deepEqual(tables, [], 'nothing of it is in a table yet');
    await folder.close();
    const again = bytesLevel(await folder.open(), 'part');
    assert.deepEqual(await again.keys().all(), keys);
    for (const [at, key] of keys.entries())
      assert.deepEqual(Buffer.from((await again.get(key)) as Uint8Array), values[at]);
  });

  for (const way of ['put', 'del', 'batch'] as const)
    it(`does not acknowledge a ${way} whose folder went while it was written`, async () => {
      await using folder = new TestDatabase();
      const db = await folder.open();
      const looks = [true, false];
      db.inPlace = () => looks.shift() ?? false;
      const durable = { sync: true } as never;
      const ways = {
        put: () => db.put('key', new Uint8Array([1]), durable),
        del: () => db.del('key', durable),
        batch: () =>
          db
            .batch()
            .put('key', new Uint8Array([1]))
            .write(durable),
      };
      await assert.rejects(ways[way](), refused('STORAGE_FAILED'));
      assert.deepEqual(looks, []);
    });

  it('refuses every write after a failed one, and recovers by itself with all that it had acknowledged', async function () {
    this.timeout(10_000);
    await using folder = new TestDatabase();
    const db = await folder.open();
    const part = bytesLevel(db, 'part');
    await part.put('before', new Uint8Array([1]));
    const changes: boolean[] = [];
    const recovered = new Promise<void>((resolve) => {
      db.onChange = (failure) => {
        changes.push(failure === undefined);
        if (failure === undefined) resolve();
      };
    });
    // What LevelDB does on a full disk, once.
    const level = Object.getPrototypeOf(Object.getPrototypeOf(db)) as Puts;
    const { put } = level;
    level.put = () => {
      level.put = put;
      return Promise.reject(
        Object.assign(new Error('IO error: No space left on device'), { code: 'LEVEL_IO_ERROR' }),
      );
    };
    try {
      // Whoever meets it first is told what all after it are, and not what only the library understands.
      await assert.rejects(
        part.put('torn', new Uint8Array([2])),
        (error: Error) => refused('STORAGE_FAILED')(error) && /No space left/.test(String(error.cause)),
      );
    } finally {
      level.put = put;
    }
    // The disk would take these, behind the torn record, where a restart does not find them.
    await assert.rejects(part.put('a', new Uint8Array([3])), refused('STORAGE_FAILED'));
    await assert.rejects(
      db
        .batch()
        .put('b', new Uint8Array([3]), { sublevel: part })
        .write(),
      refused('STORAGE_FAILED'),
    );
    await assert.rejects(part.del('before'), refused('STORAGE_FAILED'));
    assert.match(String(db.failure?.message), /No space left/);
    assert.deepEqual([...((await part.get('before')) ?? [])], [1]);
    await recovered;
    assert.deepEqual(changes, [false, true]);
    await part.put('after', new Uint8Array([4]));
    assert.deepEqual(await part.keys().all(), ['after', 'before']);
  });

  it('makes the part of a name once, however often it is asked for: a database keeps every part that was made', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    assert.equal(bytesLevel(db, 'part'), bytesLevel(db, 'part'));
    assert.equal(jsonLevel(db, 'part'), jsonLevel(db, 'part'));
    assert.notEqual(bytesLevel(db, 'part'), bytesLevel(db, 'other'));
    assert.notEqual(bytesLevel(db, 'part') as unknown, jsonLevel(db, 'part'));
  });
});
