// Leases of a node: one at a time, whoever hangs is overtaken and finds itself refused, and no restart grants a token twice.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBackups } from '../../../node/backup/index.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { Leases } from '../../../node/leases/index.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { eventually } from '../../support/cli.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const SOON_MS = 60_000;

describe('node/leases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-leases-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const time = { now: 1_000_000 };
  const nowMs = () => time.now;

  async function on<T>(work: (leases: Leases) => Promise<T>): Promise<T> {
    const db = await openDatabase(join(folder, 'db'));
    try {
      return await work(new Leases({ db, nowMs }));
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

  it('is on disk before it is told, and what could not be written is nobody’s', async () => {
    const db = await openDatabase(join(folder, 'told'));
    try {
      const leases = new Leases({ db, nowMs });
      const watched = watchWrites(db);
      watched.failure = new Error('the disk is full');
      await assert.rejects(leases.take('backup', 'anna', 1_000), /the disk is full/);
      watched.failure = undefined;
      const berta = await leases.take('backup', 'berta', 1_000);
      assert.deepEqual(watched.durable, [true]);
      await berta.end();
    } finally {
      await db.end();
    }
  });

  it('is given to one of two who ask at once', async () => {
    const db = await openDatabase(join(folder, 'at-once'));
    try {
      const leases = new Leases({ db, nowMs });
      const asked = await Promise.allSettled(
        ['anna', 'berta'].map((holder) => leases.take('backup', holder, 1_000)),
      );
      assert.deepEqual(
        asked.map(({ status }) => status),
        ['fulfilled', 'rejected'],
      );
    } finally {
      await db.end();
    }
  });

  it('is over when its holder hangs, also where the clock of the machine is set back meanwhile', async () => {
    const real = Date.now;
    const db = await openDatabase(join(folder, 'back'));
    try {
      const leases = new Leases({ db });
      const slow = await leases.take('backup', 'anna', 20);
      Date.now = () => real() - 3_600_000;
      await eventually('the end of the lease', SOON_MS, async () => {
        const next = await leases.take('backup', 'berta', 3_600_000).catch(() => undefined);
        return next !== undefined;
      });
      assert.throws(() => slow.proceed(), { code: 'BUSY' });
      Date.now = () => real() + 2 * 3_600_000;
      await assert.rejects(
        leases.take('backup', 'carla', 1_000),
        { code: 'BUSY' },
        'nor before, by one set on',
      );
    } finally {
      Date.now = real;
      await db.end();
    }
  });

  it('ends with a backup that is given up before its first byte is read', async () => {
    const db = await openDatabase(join(folder, 'given-up'));
    try {
      const { backups } = makeBackups(
        { clock: systemClock, db, ownLog: { origin: 'o' }, peerId: 'p', store: {} } as never,
        new Uint8Array(32),
      );
      const first = await backups.begin();
      await assert.rejects(backups.begin(), { code: 'BUSY' });
      await first.return(undefined);
      await (await backups.begin()).return(undefined);
    } finally {
      await db.end();
    }
  });
});
