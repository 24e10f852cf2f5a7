// Restoring: what is made of a backup holds all of it, waits for its peers, and has its name only when it is on disk; what is wrong with one
// is found before anything is made of it, and nothing is left behind then, keys least of all.

import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackupFrame, decodeFrame } from '../../../node/backup/format.ts';
import { restore } from '../../../node/backup/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { GuardedLevel } from '../../../node/storage/guarded-level.ts';
import { bytesLevel, openDatabase } from '../../../node/storage/index.ts';
import { DATA_FORM, formOfHome } from '../../../node/upgrade/index.ts';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import type { ZeroError } from '../../../protocol/errors/index.ts';
import { refused, seed } from '../../support/agents.ts';
import {
  ENTRIES,
  framesOf,
  headerOf,
  makeSmallHome,
  NODE_SEED,
  PEER,
  packed,
  sealed,
} from '../../support/backups.ts';
import { watchSyncs } from '../../support/watched-syncs.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const log = createLogger({ level: 'silent', name: 'test' });
const key = (of: Uint8Array): BackupFrame => ({
  kind: 'file',
  name: 'keys/node.key',
  bytes: utf8(`${Buffer.from(of).toString('base64')}\n`),
});
const file = (name: string): BackupFrame => ({ kind: 'file', name, bytes: utf8('x') });

describe('node/backup: restoring', () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-restore-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(folder, 'source');
  const backup = join(folder, 'sound.zsbackup');
  let parts: BackupFrame[];
  before(async () => {
    await makeSmallHome(source);
    const frames = await framesOf(source);
    writeFileSync(backup, packed(frames));
    parts = frames.map((framed) => decodeFrame(framed.subarray(4))).filter(({ kind }) => kind !== 'end');
  });
  const left = () => readdirSync(folder).filter((name) => name.includes('restoring'));

  it('makes a folder of all that was in it, which is on disk before it has its name', async () => {
    const home = join(folder, 'back');
    mkdirSync(home);
    using writes = watchWrites(GuardedLevel.prototype);
    using syncs = await watchSyncs(() => {
      const [beside = home] = left().map((name) => join(folder, name));
      return [existsSync(join(beside, 'restored.json')), beside === home] as const;
    });
    const restored = await restore({ backup, home, confirm: 2, log });
    assert.deepEqual(
      [restored.peerId, restored.logSize, restored.entries, restored.logs],
      [PEER, ENTRIES, ENTRIES, 1],
    );
    assert.equal(writes.durable[0], true);
    assert.deepEqual(
      writes.durable.filter((one) => !one),
      [],
    );
    if (process.platform !== 'win32')
      assert.deepEqual(syncs.seen.slice(-2), [
        [true, false],
        [true, true],
      ]);
    for (const name of ['keys/node.key', 'keys/agents/a.seed', 'config.yaml']) {
      assert.deepEqual(readFileSync(join(home, name)), readFileSync(join(source, name)), name);
      if (process.platform !== 'win32') assert.equal(statSync(join(home, name)).mode & 0o777, 0o600, name);
    }
    const mark = JSON.parse(readFileSync(join(home, 'restored.json'), 'utf8'));
    assert.deepEqual([mark.logSize, mark.confirm, mark.backupOf], [ENTRIES, 2, restored.createdAt]);
    assert.ok(existsSync(join(home, 'form.json')));
    assert.equal(await formOfHome(home), DATA_FORM);
    const db = await openDatabase(join(home, 'db'));
    assert.equal(fromUtf8((await bytesLevel(db, 'kept').get('some')) as Uint8Array), 'kept');
    await db.end();
    await assert.rejects(restore({ backup, home, confirm: 2, log }), refused('ALREADY_EXISTS'));
    await assert.rejects(restore({ backup, home: backup, confirm: 2, log }), refused('ALREADY_EXISTS'));
    assert.deepEqual(left(), []);
  });

  it('waits for nobody where that is said, and leaves nothing of a dry run', async () => {
    const home = join(folder, 'at-once');
    assert.equal((await restore({ backup, home, confirm: 2, dryRun: true, log })).logSize, ENTRIES);
    assert.deepEqual([existsSync(home), left()], [false, []]);
    await restore({ backup, home, confirm: 0, log });
    assert.equal(existsSync(join(home, 'restored.json')), false);
  });

  it('makes nothing of a backup of damaged or missing logs, of other keys, or of what none carries', async () => {
    const carried = (key: string): BackupFrame => ({
      kind: 'records',
      records: [[utf8(key), utf8('old')]],
    });
    const damaged = parts.map((part): BackupFrame => {
      // Where the header names no size, only the log itself tells.
      if (part.kind !== 'records') return part.kind === 'header' ? headerOf() : part;
      const records = part.records.map(([name, value]) => {
        if (!/^!log-records!/.test(fromUtf8(name))) return [name, value] as const;
        const changed = Uint8Array.from(value);
        changed[changed.length - 1]! ^= 1;
        return [name, changed] as const;
      });
      return { kind: 'records', records };
    });
    const short = parts.map((part) => (part.kind === 'header' ? headerOf({ logSize: ENTRIES + 1 }) : part));
    const bad: [string, readonly BackupFrame[], string][] = [
      ['a damaged log', damaged, 'DATA_CORRUPT'],
      ['entries that are missing', short, 'DATA_CORRUPT'],
      ['the key of another node', [key(seed(8)), headerOf()], 'DATA_CORRUPT'],
      ['keys without that of the node', [file('keys/a'), headerOf()], 'DATA_CORRUPT'],
      ['keys of a ring', [key(NODE_SEED), headerOf(), carried('!guilds!some')], 'DATA_CORRUPT'],
      ['the side of who pays', [headerOf(), carried('!channel-sides!c/payer')], 'DATA_CORRUPT'],
      ['a record of nobody', [headerOf(), carried('some')], 'DATA_CORRUPT'],
    ];
    for (const name of [
      'keys/../../a',
      '../a',
      '/a',
      'keys//a',
      './config.yaml',
      'form.json',
      'restored.json',
      'db/CURRENT',
      'keys/a\0b',
      'keys/',
      'keys/a/',
      `keys/${'a'.repeat(256)}`,
    ])
      bad.push([JSON.stringify(name), [key(NODE_SEED), file(name), headerOf()], 'DATA_CORRUPT']);
    const home = join(folder, 'never');
    const path = join(folder, 'bad.zsbackup');
    for (const [what, frames, code] of bad) {
      writeFileSync(path, packed(sealed(frames)));
      await assert.rejects(
        restore({ backup: path, home, confirm: 2, log }),
        (error: ZeroError) => refused(code)(error) && /another copy of this backup/.test(error.hint),
        what,
      );
      assert.deepEqual([existsSync(home), left()], [false, []], what);
    }
    writeFileSync(path, packed(sealed([key(NODE_SEED), headerOf()])));
    await restore({ backup: path, home, confirm: 2, log });
  });
});
