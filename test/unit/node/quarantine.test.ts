// Quarantine: quota per peer, age, and promotion only with a proof.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admission } from '../../../node/admission/index.ts';
import {
  QUARANTINE_BYTES_MAX,
  QUARANTINE_MS_MAX,
  QUARANTINE_OBJECTS_MAX,
  QUARANTINE_PEER_SHARE,
  Quarantine,
} from '../../../node/admission/quarantine.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { type Database, openDatabase } from '../../../node/storage/index.ts';

describe('quarantine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-quarantine-'));
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now, after: () => () => {} };
  let db: Database;
  let quarantine: Quarantine;
  let admission: Admission;

  before(async () => {
    db = await openDatabase(folder);
  });
  beforeEach(async () => {
    admission = new Admission({
      clock,
      log: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics(),
    });
    quarantine = new Quarantine({ db, clock, admission });
    await quarantine.start();
  });
  after(async () => {
    await db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const hold = (from: string, name: string, size = 10) =>
    quarantine.hold({ kind: 'head', name, bytes: new Uint8Array(size), from });

  it('promotes with a proof, keeps without one, and drops what is disproved at its bringer’s cost', async () => {
    for (const name of ['good', 'open', 'bad']) assert.equal(await hold('p', name), true);
    const proofs = { good: 'proven', open: 'unproven', bad: 'false' } as const;
    const promoted = await quarantine.settle('head', ({ name }) => proofs[name as keyof typeof proofs]);
    assert.deepEqual(
      promoted.map(({ name }) => name),
      ['good'],
    );
    assert.deepEqual(quarantine.held, { objects: 1, bytes: 10 });
    assert.ok(admission.standing('p').left.failures < 1);
    assert.deepEqual(await quarantine.settle('other', () => 'proven'), []);
  });

  it('gives one peer its share and no more, and no peer another’s place', async () => {
    const share = QUARANTINE_OBJECTS_MAX * QUARANTINE_PEER_SHARE;
    for (let i = 0; i < share; i++) assert.equal(await hold('spammer', `n${i}`), true);
    assert.equal(await hold('spammer', 'one more'), false);
    assert.equal(await hold('spammer', 'n0', 20), true, 'its own object may be replaced');
    assert.equal(await hold('other', 'n0'), false, 'another’s may not');
    assert.equal(await hold('other', 'large', QUARANTINE_BYTES_MAX * QUARANTINE_PEER_SHARE + 1), false);
    assert.equal(await hold('other', 'small'), true);
  });

  it('drops what waited too long', async () => {
    await hold('p', 'a');
    time.now += QUARANTINE_MS_MAX + 1;
    assert.equal(await quarantine.expire(), 1);
    assert.deepEqual(quarantine.held, { objects: 0, bytes: 0 });
    assert.deepEqual(await quarantine.settle('head', () => 'proven'), []);
  });
});
