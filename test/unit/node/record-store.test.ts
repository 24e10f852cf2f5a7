// The store of DHT records: comparison at commit, shares, caps, sweep.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Libp2pRecord } from '@libp2p/record';
import { Key } from 'interface-datastore';
import { Admission, servingPeer } from '../../../node/admission/index.ts';
import { RecordStore } from '../../../node/dht/record-store.ts';
import {
  DHT_PROVIDERS_PER_KEY_MAX,
  DHT_RECORD_AGE_MS_MAX,
  DHT_VALUE_BYTES_MAX,
} from '../../../node/host/limits.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { eventually } from '../../support/cli.ts';

const MIB = 1024 * 1024;

/** A store whose records are better the greater their first byte. */
async function open(folder: string, time: { now: number }, caps = { recordsMax: 64, bytesMax: MIB }) {
  const timers: (() => void)[] = [];
  const clock = {
    now: () => time.now,
    after: (_ms: number, run: () => void) => {
      timers.push(run);
      return () => {};
    },
  };
  const log = createLogger({ level: 'silent', name: 'test' });
  const metrics = createMetrics();
  const db = await openDatabase(folder);
  const rules = {
    validators: {},
    selectors: {
      t: (_key: Uint8Array, values: Uint8Array[]) =>
        values.reduce((best, value, i) => (value[0]! > values[best]![0]! ? i : best), 0),
    },
  };
  const store = new RecordStore({
    db,
    rules,
    caps,
    admission: new Admission({ clock, log, metrics }),
    clock,
    log,
    metrics,
  });
  await store.start();
  return { store, db, timers };
}

function record(name: string, grade: number, bytes = 100, at = 1_000_000) {
  const value = new Uint8Array(bytes).fill(grade);
  return {
    key: new Key(`/dht/record/${name}`, false),
    raw: new Libp2pRecord(utf8(`/t/${name}`), value, new Date(at)).serialize() as Uint8Array,
  };
}

describe('the store of DHT records', () => {
  let folder: string;
  let time: { now: number };
  let opened: Awaited<ReturnType<typeof open>>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-records-'));
    time = { now: 1_000_000 };
    opened = await open(folder, time);
  });
  afterEach(async () => {
    opened.store.stop();
    await opened.db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (peer: string, name: string, grade: number, bytes?: number) => {
    const { key, raw } = record(name, grade, bytes);
    return servingPeer(peer, () => opened.store.put(key, raw));
  };

  it('never lets a worse record replace a better one, also when both arrive at once', async () => {
    await put('p', 'a', 2);
    await assert.rejects(put('q', 'a', 1), { code: 'CARD_STALE' });
    await put('q', 'a', 2);
    const results = await Promise.allSettled([9, 5, 7].map((grade) => put('p', 'b', grade)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    );
    const kept = Libp2pRecord.deserialize(await opened.store.get(record('b', 0).key));
    assert.equal(kept.value[0], 9);
  });

  it('gives one peer an eighth, by count and by bytes', async () => {
    for (let i = 0; i < 8; i++) await put('p', `k${i}`, 1);
    await assert.rejects(put('p', 'k8', 1), { code: 'BUSY' });
    await put('p', 'k7', 2);
    await put('q', 'k8', 1, 60_000);
    await put('q', 'k9', 1, 60_000);
    await assert.rejects(put('q', 'k10', 1, 60_000), { code: 'BUSY' });
    assert.equal(opened.store.heldOf('p').records, 8);
  });

  it('never holds more than its caps: spam displaces spam', async () => {
    await put('honest', 'h', 1, 50);
    for (let peer = 0; peer < 20; peer++)
      for (let i = 0; i < 6; i++) await put(`sybil ${peer}`, `s${peer}-${i}`, 1, 1_000);
    assert.ok(opened.store.held.records <= 64);
    assert.equal(opened.store.heldOf('honest').records, 1);
  });

  it('refuses what is too large or of unknown kind', async () => {
    await assert.rejects(put('p', 'big', 1, DHT_VALUE_BYTES_MAX + 2_000), { code: 'LIMIT_EXCEEDED' });
  });

  it('keeps provider records, so many for each content id and each peer, and no longer than others', async () => {
    const at = Uint8Array.from([0xc0, 0x84, 0x3d]); // 1,000,000 as a varint
    const provide = (peer: string, id: string, value = at) =>
      servingPeer(peer, () => opened.store.put(new Key(`/dht/provider/${id}/${peer}`, false), value));
    await assert.rejects(provide('p', 'x', new Uint8Array(11)), { code: 'LIMIT_EXCEEDED' });
    for (let peer = 0; peer < DHT_PROVIDERS_PER_KEY_MAX; peer++) await provide(`p${peer}`, 'x');
    await assert.rejects(provide('late', 'x'), { code: 'BUSY' });
    await provide('p0', 'x');
    await opened.store.delete(new Key('/dht/provider/x/p1', false));
    await provide('late', 'x');
    for (let i = 0; i < 8; i++) await provide('many', `k${i}`);
    await assert.rejects(provide('many', 'k8'), { code: 'BUSY' });
    opened.store.stop();
    await opened.db.close();
    opened = await open(folder, time);
    assert.equal(opened.store.held.records, DHT_PROVIDERS_PER_KEY_MAX + 8);
    time.now += DHT_RECORD_AGE_MS_MAX + 1;
    assert.equal(await opened.store.sweep(), DHT_PROVIDERS_PER_KEY_MAX + 8);
  });

  it('sweeps what was not put again in time, and counts what an earlier run left', async () => {
    await put('p', 'old', 1);
    time.now += DHT_RECORD_AGE_MS_MAX / 2;
    await put('p', 'young', 1);
    opened.store.stop();
    await opened.db.close();
    opened = await open(folder, time);
    assert.equal(opened.store.held.records, 2);
    await put('p', 'young', 1);
    time.now += DHT_RECORD_AGE_MS_MAX / 2 + 1;
    assert.equal(await opened.store.sweep(), 1);
    assert.equal(await opened.store.has(record('old', 0).key), false);
    assert.equal(await opened.store.has(record('young', 0).key), true);
  });

  it('sweeps by itself, again and again', async () => {
    for (const name of ['first', 'second']) {
      await put('p', name, 1);
      time.now += DHT_RECORD_AGE_MS_MAX + 1;
      opened.timers.shift()?.();
      await eventually('the record to be gone', 5_000, async () => opened.store.held.records === 0);
      await eventually('the next sweep to be planned', 5_000, async () => opened.timers.length > 0);
    }
  });
});
