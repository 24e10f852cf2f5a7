// Backups as files: what goes in and what stays behind, that one takes its name only when it is on disk and reads back, and what is no backup.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupFrame, decodeFrame, encodeFrame } from '../../../node/backup/format.ts';
import { makeBackups, readBackup, writeChecked } from '../../../node/backup/index.ts';
import {
  BATCH_BYTES,
  BATCH_RECORDS_MAX,
  FILE_BYTES_MAX,
  FILES_MAX,
  FRAME_BYTES_MAX,
} from '../../../node/backup/limits.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { bytesLevel, type Database, openDatabase } from '../../../node/storage/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { refused, seed } from '../../support/agents.ts';
import { framesOf, headerOf, makeSmallHome, packed, sealed } from '../../support/backups.ts';
import { watchSyncs } from '../../support/watched-syncs.ts';

const SINK = { file: async () => {}, records: async () => {} };
const file = (name: string, bytes = utf8('x')): BackupFrame => ({ kind: 'file', name, bytes });
const records = (...keys: string[]): BackupFrame => ({
  kind: 'records',
  records: keys.map((key) => [utf8(`!kept!${key}`), utf8(key)] as const),
});

describe('node/backup: the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-backup-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const read = async (bytes: Uint8Array) => {
    const path = join(folder, 'read');
    writeFileSync(path, bytes);
    return await readBackup(path, SINK);
  };

  it('holds keys, configuration and records, and nothing that is half written or does harm when it is old', async () => {
    const home = join(folder, 'whole');
    const many = async (db: Database) => {
      const level = bytesLevel(db, 'many');
      const value = new Uint8Array(BATCH_BYTES - 1);
      for (let n = 0; n < 3; n++) await level.put(`large ${n}`, value);
      const small = Array.from({ length: BATCH_RECORDS_MAX + 1 }, (_, n) => `small ${n}`);
      await level.batch(small.map((key) => ({ type: 'put' as const, key, value: utf8(key) })));
    };
    await makeSmallHome(home, many);
    const frames = await framesOf(home);
    const names: string[] = [];
    const keys: string[] = [];
    for (const framed of frames) {
      assert.ok(framed.length < 3 * BATCH_BYTES, 'reading one never holds much');
      const frame = decodeFrame(framed.subarray(4));
      if (frame.kind === 'file') names.push(frame.name);
      if (frame.kind === 'records') keys.push(...frame.records.map(([key]) => Buffer.from(key).toString()));
    }
    assert.deepEqual(names, ['keys/agents/a.seed', 'keys/node.key', 'config.yaml']);
    const levels = new Set(keys.map((key) => key.split('!')[1]));
    for (const name of ['guilds', 'quarantine', 'penalties']) assert.equal(levels.has(name), false, name);
    assert.deepEqual(
      keys.filter((key) => /channel-sides|kept/.test(key)),
      ['!channel-sides!c/payee', '!kept!some'],
    );
    assert.equal(keys.filter((key) => key.startsWith('!many!')).length, BATCH_RECORDS_MAX + 4);
    const contents = await read(packed(frames));
    assert.deepEqual([contents.files, contents.records], [names.length, keys.length]);
  });

  it('takes its name when all of it is on disk and reads back, for its owner alone', async () => {
    const path = join(folder, 'made.zsbackup');
    const parts = async function* (frames: readonly Uint8Array[], fails = false) {
      yield* frames;
      if (fails) throw new Error('it breaks');
    };
    const sound = sealed([file('keys/a'), headerOf(), records('a', 'b')]);
    writeFileSync(`${path}.${process.pid}.part`, 'half of an earlier one');
    {
      using syncs = await watchSyncs(() => existsSync(path));
      assert.equal((await writeChecked(path, parts(sound))).records, 2);
      assert.deepEqual(syncs.seen, process.platform === 'win32' ? [false] : [false, true]);
    }
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
    const other = join(folder, 'other.zsbackup');
    await assert.rejects(writeChecked(other, parts(sound, true)), /it breaks/);
    await assert.rejects(writeChecked(other, parts(sound.slice(0, -1))), refused('DATA_CORRUPT'));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('other') || name.endsWith('.part')),
      [],
    );
  });

  it('is refused when it is not whole, not in order, or not what its node signed', async () => {
    const [first, header, kept, end] = sealed([
      file('keys/a'),
      headerOf({ logSize: 3 }),
      records('a', 'b'),
    ]) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    assert.equal((await read(packed([first, header, kept, end]))).header.logSize, 3);
    const longer = Buffer.concat([first, new Uint8Array(1)]);
    longer.writeUInt32BE(longer.length - 4);
    const flipped = Uint8Array.from(first);
    flipped[first.length - 35]! ^= 1;
    const plain = [headerOf(), records('a', 'b')];
    const bad: [string, readonly Uint8Array[], string][] = [
      ['a file that was changed', [flipped, header, kept, end], 'DATA_CORRUPT'],
      ['a file behind the header', [header, first, kept, end], 'DATA_CORRUPT'],
      ['records before the header', [first, kept, header, end], 'DATA_CORRUPT'],
      ['other records', [header, encodeFrame(records('a', 'c')), end], 'DATA_CORRUPT'],
      ['records taken out', [header, end], 'DATA_CORRUPT'],
      ['two headers', sealed([headerOf(), ...plain]), 'DATA_CORRUPT'],
      ['no header', sealed([records('a')]), 'DATA_CORRUPT'],
      ['two ends', [header, kept, end, end], 'DATA_CORRUPT'],
      ['no end', [first, header, kept], 'DATA_CORRUPT'],
      ['bytes behind the end', [header, kept, end, new Uint8Array(2)], 'DATA_CORRUPT'],
      ['bytes behind a file', [longer, header, kept, end], 'DATA_CORRUPT'],
      ['another version', sealed([headerOf({ version: 2 })]), 'VERSION_UNSUPPORTED'],
      ['another signer', sealed(plain, {}, { by: seed(8) }), 'SIGNATURE_INVALID'],
      ['another thing that its node signed', sealed(plain, {}, { type: 'text/plain' }), 'DATA_CORRUPT'],
      ['another number of records', sealed(plain, { records: 1 }), 'DATA_CORRUPT'],
      ['another size of the log', sealed(plain, { logSize: 1 }), 'DATA_CORRUPT'],
      ['another time', sealed(plain, { createdAt: '2026-03-02T00:00:00Z' }), 'DATA_CORRUPT'],
      [
        'too many files',
        sealed([...Array.from({ length: FILES_MAX + 1 }, () => file('keys/a')), ...plain]),
        'LIMIT_EXCEEDED',
      ],
      ['a file too large', sealed([file('keys/a', new Uint8Array(FILE_BYTES_MAX + 1))]), 'LIMIT_EXCEEDED'],
    ];
    for (const [what, frames, code] of bad) await assert.rejects(read(packed(frames)), refused(code), what);
    assert.throws(
      () => encodeFrame(file('keys/a', new Uint8Array(FRAME_BYTES_MAX))),
      refused('LIMIT_EXCEEDED'),
    );
  });

  it('is not read on by who took too long, when another has begun', async () => {
    const home = join(folder, 'slow');
    await makeSmallHome(home);
    const db = await openDatabase(join(home, 'db'));
    const real = performance.now;
    try {
      const core = { clock: systemClock, db, ownLog: { origin: 'o' }, peerId: 'p' };
      const { backups } = makeBackups(
        { ...core, store: { state: () => ({ size: 0 }) } } as never,
        new Uint8Array(32),
      );
      const slow = await backups.begin();
      await assert.rejects(backups.begin(), refused('BUSY'));
      performance.now = () => real.call(performance) + 60_001;
      const next = await backups.begin();
      await assert.rejects(slow.next(), refused('BUSY'));
      let frames = 0;
      for await (const _ of next) frames += 1;
      assert.ok(frames > 1);
      await (await backups.begin()).return(undefined);
    } finally {
      performance.now = real;
      await db.end();
    }
  });
});
