// Files under an id within a bound of bytes: the newest are kept, whoever writes at once, and after a start.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoundedFiles } from '../../../node/storage/bounded-files.ts';
import { type Database, openDatabase } from '../../../node/storage/index.ts';
import { TestDatabase } from '../../support/log-stores.ts';

describe('bounded files', () => {
  const kept = async (files: BoundedFiles, count: number) => {
    const there = await Promise.all(Array.from({ length: count }, (_, i) => files.get(`f${i}`)));
    return there.flatMap((bytes, i) => (bytes === undefined ? [] : [i]));
  };

  const keepTheNewest = async (knownMax?: number) => {
    const dir = await mkdtemp(join(tmpdir(), 'zerostate-'));
    try {
      {
        await using db = await openDatabase(dir);
        const files = new BoundedFiles(db, 'files', 1_000, knownMax);
        await files.load();
        await Promise.all(Array.from({ length: 40 }, (_, i) => files.put(`f${i % 20}`, new Uint8Array(100))));
        assert.equal((await kept(files, 20)).length, 10);
        await files.put('f30', new Uint8Array(250));
        await files.put('f30', new Uint8Array(900));
        assert.equal((await files.get('f30'))?.length, 250, 'what is there stays as it is');
      }
      await using db = await openDatabase(dir);
      const files = new BoundedFiles(db, 'files', 1_000, knownMax);
      await files.load();
      const before = await kept(files, 31);
      assert.equal(before.length, 8);
      await files.put('f40', new Uint8Array(700));
      assert.deepEqual(await kept(files, 41), [30, 40]);
      await files.put('f30', new Uint8Array(100));
      assert.equal((await files.get('f30'))?.length, 250, 'after a start as well');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };

  it('keep the newest within their bytes, whoever writes at once, and after a start', () => keepTheNewest());

  it('are the same where only some of their ids are kept in memory', () => keepTheNewest(4));

  /** Files in a database whose writes wait until they are let through, and how each was to be written. */
  const held = async (database: TestDatabase) => {
    const db = await database.open();
    const files = new BoundedFiles(db, 'files', 1_000);
    await files.load();
    const own = db.batch.bind(db) as () => ReturnType<Database['batch']>;
    const [waiting, durable]: [PromiseWithResolvers<void>[], boolean[]] = [[], []];
    let came = () => {};
    const batch = () => {
      const one = own();
      const write = one.write.bind(one);
      one.write = (async (options?: { sync?: boolean }) => {
        durable.push(options?.sync === true);
        const gate = Promise.withResolvers<void>();
        waiting.push(gate);
        came();
        await gate.promise;
        await write(options as never);
      }) as typeof one.write;
      return one;
    };
    Object.defineProperty(db, 'batch', { value: batch });
    /** The next write that waits. */
    const next = async () => {
      while (waiting.length === 0)
        await new Promise<void>((resolve) => {
          came = resolve;
        });
      return waiting.shift()!;
    };
    return { durable, files, next, waiting };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const bytes = (count = 100) => new Uint8Array(count);

  it('are on disk when that is said, to everybody who brought one', async () => {
    await using database = new TestDatabase();
    const { durable, files, next } = await held(database);
    const told: string[] = [];
    const put = async (name: string) => {
      await files.put('f0', bytes());
      told.push(name);
    };
    const both = [put('first'), put('second')];
    const write = await next();
    for (let n = 0; n < 10; n++) await turn();
    assert.deepEqual(told, []);
    write.resolve();
    await Promise.all(both);
    assert.deepEqual([told.length, durable], [2, [true]]);
    await files.put('f0', bytes());
    assert.deepEqual(durable, [true], 'it is there');
  });

  it('that could not be written are not there, and can be written again', async () => {
    await using database = new TestDatabase();
    const { files, next } = await held(database);
    const lost = assert.rejects(files.put('f0', bytes()), /no room/);
    (await next()).reject(new Error('no room'));
    await lost;
    const again = files.put('f0', bytes());
    (await next()).resolve();
    await again;
    assert.equal((await files.get('f0'))?.length, 100);
  });

  it('that are brought again while they give way are there when that is said', async () => {
    await using database = new TestDatabase();
    const { durable, files, next, waiting } = await held(database);
    const put = async (...ids: string[]) => {
      for (const id of ids) {
        const done = files.put(id, bytes(500));
        (await next()).resolve();
        await done;
      }
    };
    await put('f0', 'f1');
    const one = files.put('f2', bytes(500));
    (await next()).resolve();
    // The oldest is about to be dropped.
    const dropping = await next();
    let isTold = false;
    const again = files.put('f0', bytes(500)).then(() => {
      isTold = true;
    });
    for (let n = 0; n < 10; n++) await turn();
    assert.deepEqual([isTold, waiting.length], [false, 0], 'what is written now would be dropped with it');
    dropping.resolve();
    for (let n = 0; n < 2; n++) (await next()).resolve();
    await Promise.all([one, again]);
    assert.deepEqual(await kept(files, 3), [0, 2]);
    assert.ok(durable.every((isDurable) => isDurable));
  });

  it('that came while others gave way make more of them do so', async () => {
    await using database = new TestDatabase();
    const { files, next } = await held(database);
    for (const id of ['f0', 'f1']) {
      const done = files.put(id, bytes(500));
      (await next()).resolve();
      await done;
    }
    const one = files.put('f2', bytes(500));
    (await next()).resolve();
    const dropping = await next();
    const two = files.put('f3', bytes(500));
    (await next()).resolve();
    for (let n = 0; n < 10; n++) await turn();
    dropping.resolve();
    (await next()).resolve();
    await Promise.all([one, two]);
    assert.deepEqual(await kept(files, 4), [2, 3]);
  });

  it('that could not be dropped count, and give way later', async () => {
    await using database = new TestDatabase();
    const { files, next, waiting } = await held(database);
    const first = files.put('f0', bytes(900));
    (await next()).resolve();
    await first;
    const full = assert.rejects(files.put('f1', bytes(200)), /no room/);
    (await next()).resolve();
    (await next()).reject(new Error('no room'));
    await full;
    const known = files.put('f0', bytes(900));
    for (let n = 0; n < 10; n++) await turn();
    assert.equal(waiting.length, 0, 'it is there');
    await known;
    const last = files.put('f2', bytes(300));
    for (let n = 0; n < 2; n++) (await next()).resolve();
    await last;
    assert.deepEqual(await kept(files, 3), [1, 2]);
  });
});
