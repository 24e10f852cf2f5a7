// Leases of a node: one at a time, whoever hangs is overtaken and finds itself refused, and no restart grants a token twice.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Leases } from '../../../node/leases/index.ts';
import { openDatabase } from '../../../node/storage/index.ts';

describe('node/leases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-leases-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now, after: () => () => {} };

  async function on<T>(work: (leases: Leases) => Promise<T>): Promise<T> {
    const db = await openDatabase(join(folder, 'db'));
    try {
      return await work(new Leases({ db, clock }));
    } finally {
      await db.end();
    }
  }

  it('lets one work at a time, fences who hung, and counts on over restarts', async () => {
    await on(async (leases) => {
      const first = await leases.take('backup', 'anna', 1_000);
      await assert.rejects(leases.take('backup', 'berta', 1_000), {
        code: 'BUSY',
        details: { retryMs: 1_000 },
      });
      time.now += 900;
      first.proceed();
      time.now += 900;
      await assert.rejects(leases.take('backup', 'berta', 1_000), { code: 'BUSY' });
      time.now += 200;
      first.proceed();
      const second = await leases.take('backup', 'berta', 1_000);
      assert.throws(() => first.proceed(), { code: 'BUSY' });
      await first.end();
      await assert.rejects(
        leases.take('backup', 'carla', 1_000),
        { code: 'BUSY' },
        'who was fenced gives nothing back',
      );
      second.proceed();
      await second.end();
      assert.deepEqual([first.token, second.token], [1, 2]);
      await leases.take('backup', 'carla', 1_000);
    });
    await on(async (leases) => {
      time.now -= 3_600_000;
      const after = await leases.take('backup', 'dora', 1_000);
      assert.equal(after.token, 4, 'the lease is over with its process, its token is not');
    });
  });
});
