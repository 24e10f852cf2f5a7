// Files under an id within a bound of bytes: the newest are kept, whoever writes at once, and after a start.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoundedFiles } from '../../../node/storage/bounded-files.ts';
import { openDatabase } from '../../../node/storage/index.ts';

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
});
