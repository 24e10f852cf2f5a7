// Penalties over restarts: kept, forgiven in time, bounded, and not trusted when the clock or the disk is wrong.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORGIVE_MS, PENALTY_MS_FIRST, PENALTY_MS_LAST } from '../../../node/admission/decision.ts';
import { Admission, BUDGETS } from '../../../node/admission/index.ts';
import { PENALTIES_MAX, PenaltyBook } from '../../../node/admission/penalty-book.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { type Database, jsonLevel, openDatabase } from '../../../node/storage/index.ts';

const log = createLogger({ level: 'silent', name: 'test' });

describe('penalty book', () => {
  let folder: string;
  let time: { now: number };
  let db: Database;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-penalties-'));
    time = { now: 1_000_000_000 };
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function run<T>(work: (admission: Admission, book: PenaltyBook) => Promise<T> | T): Promise<T> {
    const clock = { now: () => time.now, after: () => () => {} };
    db = await openDatabase(folder);
    const admission = new Admission({ clock, log, metrics: createMetrics() });
    const book = new PenaltyBook({ db, clock, log });
    await book.load(admission);
    try {
      return await work(admission, book);
    } finally {
      await db.close();
    }
  }
  const shutOut = (admission: Admission, peer: string) => {
    for (let i = 0; i <= BUDGETS.failures.burst; i++) admission.failed(peer);
  };

  it('a restart neither opens the door nor forgets how often it was shut', async () => {
    await run((admission) => shutOut(admission, 'p'));
    time.now += 1_000;
    await run((admission) => {
      assert.equal(admission.isPenalized('p'), true);
      assert.equal(admission.charge('p', 'messages'), false);
      assert.deepEqual(
        [admission.standing('p').state, admission.standing('p').reason],
        ['penalized', 'invalid objects'],
      );
    });
    time.now += PENALTY_MS_FIRST;
    await run((admission) => {
      assert.equal(admission.isPenalized('p'), false);
      shutOut(admission, 'p');
      assert.equal(admission.standing('p').strikes, 2);
    });
    time.now += PENALTY_MS_FIRST;
    await run((admission) => assert.equal(admission.isPenalized('p'), true, 'the second is twice as long'));
  });

  it('forgets who has behaved for long enough, on disk as well', async () => {
    await run((admission) => shutOut(admission, 'p'));
    time.now += FORGIVE_MS;
    await run((admission, book) => {
      assert.equal(book.size, 0);
      assert.equal(admission.standing('p').state, 'ok');
    });
    await run(async () => assert.deepEqual(await jsonLevel(db, 'penalties').keys().all(), []));
  });

  it('keeps a bounded number: the oldest make room', async () => {
    await run((admission, book) => {
      for (let i = 0; i < PENALTIES_MAX + 10; i++) {
        time.now += 1;
        shutOut(admission, `peer ${i}`);
      }
      assert.equal(book.size, PENALTIES_MAX);
    });
    await run((admission, book) => {
      assert.equal(book.size, PENALTIES_MAX);
      assert.equal(admission.isPenalized('peer 0'), false);
      assert.equal(admission.isPenalized(`peer ${PENALTIES_MAX + 9}`), true);
    });
  });

  it('a clock that ran far ahead, or a damaged record, shuts nobody out for longer than the longest penalty', async () => {
    await run(async () => {
      const level = jsonLevel<unknown>(db, 'penalties');
      await level.put('ahead', { strikes: 1, struckAt: time.now * 2, until: time.now * 3 });
      await level.put('damaged', { strikes: 'many', until: null });
    });
    await run((admission, book) => {
      assert.equal(book.size, 1);
      assert.equal(admission.standing('ahead').untilMs, time.now + PENALTY_MS_LAST);
      assert.equal(admission.isPenalized('damaged'), false);
    });
  });
});
