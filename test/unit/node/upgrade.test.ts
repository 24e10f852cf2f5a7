// Upgrades of a home folder: a stored one of an earlier version is opened and brought into today's form after a backup that goes back; one of
// a newer version is refused, and nothing in it is touched; what fails half-way has changed nothing.

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
import { filesOf, readBackup, restore, writeChecked } from '../../../node/backup/index.ts';
import { writeBackup } from '../../../node/backup/write-backup.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { completeConfig } from '../../../node/config/index.ts';
import { makeGround } from '../../../node/ground.ts';
import { loadOrCreateNodeKey } from '../../../node/keys/node-key.ts';
import { LogStore } from '../../../node/log/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { type Database, jsonLevel, openDatabase } from '../../../node/storage/index.ts';
import {
  backupBefore,
  DATA_FORM,
  FORM_UNSAID,
  formOfDatabase,
  formOfHome,
  STEPS,
  type Step,
  upgradeHome,
} from '../../../node/upgrade/index.ts';
import { VERSION } from '../../../node/version.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { originOf, peerIdOfKey } from '../../../protocol/log/index.ts';
import { refused } from '../../support/agents.ts';
import { zerostate } from '../../support/cli.ts';
import { OLD_CARDS, openOldHome } from '../../support/old-home.ts';
import { watchWrites } from '../../support/watched-writes.ts';

const log = createLogger({ level: 'silent', name: 'test' });
const config = completeConfig({ name: 'old', network: 'test', log: { level: 'silent' } });

describe('an upgrade of a home folder', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-upgrade-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let made = 0;
  const oldHome = async (form = FORM_UNSAID) => {
    const home = join(folder, `home-${made++}`);
    await openOldHome(form, home);
    return home;
  };
  /** Opens a home as a node does at its start, looks, and closes it. */
  async function opened<T>(
    home: string,
    look: (ground: Awaited<ReturnType<typeof makeGround>>) => Promise<T>,
  ) {
    const made = await makeGround({ home, config, log });
    try {
      return await look(made);
    } finally {
      await made.ground.runner.close();
      await made.ground.db.end();
    }
  }
  /** Entries of the own log, as text. */
  const ownLog = (home: string) =>
    opened(home, async ({ ground, key }) => {
      const origin = originOf(peerIdOfKey(publicKeyOfSeed(key.seed)));
      const { size } = ground.store.state(origin);
      const entries = await Promise.all(
        Array.from({ length: size }, (_, index) => ground.store.record(origin, index)),
      );
      return entries.map((entry) => Buffer.from(entry as Uint8Array).toString('latin1'));
    });
  /** Every file of a folder: name, bytes, times. */
  const contents = (home: string) =>
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => join(parentPath, name))
      .sort()
      .map((path) => [path, statSync(path).mtimeMs, readFileSync(path).toString('base64')]);
  const upgrade = async (home: string, steps: readonly Step[], form: number, db: Database) =>
    await upgradeHome({
      ...{ home, steps, form, db, log, found: FORM_UNSAID, clock: systemClock },
      seed: (await loadOrCreateNodeKey(home)).seed,
    });

  it('opens what an earlier version left, once, after a backup that only its owner can read', async () => {
    const home = await oldHome();
    assert.equal(await formOfHome(home), FORM_UNSAID);
    const entries = await ownLog(home);
    assert.equal(entries.length, OLD_CARDS.length, 'a card event for each card');
    const records = await opened(home, ({ ground }) => ground.db.values({ valueEncoding: 'utf8' }).all());
    for (const name of OLD_CARDS)
      assert.ok(
        records.some((record) => String(record).includes(name)),
        name,
      );
    assert.equal(await formOfHome(home), DATA_FORM);
    const backup = backupBefore(home, DATA_FORM);
    const { mode, mtimeMs } = statSync(backup);
    if (process.platform !== 'win32') assert.equal(mode & 0o077, 0);
    assert.deepEqual(await ownLog(home), entries);
    assert.equal(statSync(backup).mtimeMs, mtimeMs, 'a folder of today’s form is not upgraded again');
  });

  it('opens every form there was, with what was in it', async () => {
    for (const { to } of STEPS) {
      const home = await oldHome(to - 1);
      assert.equal((await ownLog(home)).length, OLD_CARDS.length, `form ${to - 1}`);
      assert.equal(await formOfHome(home), DATA_FORM);
      assert.equal(existsSync(backupBefore(home, DATA_FORM)), true);
    }
  });

  it('goes back: the backup restores the folder as it was, in its old form', async () => {
    const home = await oldHome();
    const before = await ownLog(home);
    const back = join(folder, 'back');
    const restored = await restore({ backup: backupBefore(home, DATA_FORM), home: back, confirm: 2, log });
    assert.equal(restored.logSize, before.length);
    const sink = { file: async () => {}, records: async () => {} };
    const { header } = await readBackup(backupBefore(home, DATA_FORM), sink);
    assert.equal(header.logSize, before.length, 'a copy that lacks entries of the own log is found out');
    assert.equal(await formOfHome(back), FORM_UNSAID);
    assert.deepEqual(readFileSync(join(back, 'keys/node.key')), readFileSync(join(home, 'keys/node.key')));
    // A backup of today's form says so itself.
    assert.deepEqual(await ownLog(back), before);
    assert.equal(await formOfHome(back), DATA_FORM);
  });

  it('a start that is killed before the folder says its form finds it in the database, and keeps the backup', async () => {
    const home = await oldHome();
    await ownLog(home);
    const { mtimeMs } = statSync(backupBefore(home, DATA_FORM));
    for (const half of [undefined, '{"form":', '{"form":"three"}']) {
      rmSync(join(home, 'form.json'));
      if (half !== undefined) writeFileSync(join(home, 'form.json'), half);
      assert.equal(await formOfHome(home), FORM_UNSAID);
      await ownLog(home);
      assert.equal(await formOfHome(home), DATA_FORM);
    }
    assert.equal(statSync(backupBefore(home, DATA_FORM)).mtimeMs, mtimeMs);
    writeFileSync(join(home, 'form.json'), JSON.stringify({ form: DATA_FORM, software: '0.0.1' }));
    await ownLog(home);
    assert.equal(JSON.parse(readFileSync(join(home, 'form.json'), 'utf8')).software, VERSION);
  });

  it('a new folder has today’s form, and no backup', async () => {
    const home = join(folder, 'fresh');
    assert.deepEqual(await ownLog(home), []);
    assert.equal(await formOfHome(home), DATA_FORM);
    assert.equal(await opened(home, ({ ground }) => formOfDatabase(home, ground.db)), DATA_FORM);
    assert.deepEqual(
      readdirSync(home).filter((name) => name === 'upgrades'),
      [],
    );
  });

  it('refuses what a newer version wrote, and touches nothing', async () => {
    const home = await oldHome();
    writeFileSync(join(home, 'form.json'), JSON.stringify({ form: DATA_FORM + 1, software: '9.9.9' }));
    writeFileSync(join(home, 'config.yaml'), 'aSettingOfTheFuture: 1\n');
    const before = contents(home);
    await assert.rejects(makeGround({ home, config, log }), refused('DATA_NEWER'));
    const refusals = [['up', '--api-port', '0'], ['init', '--force', '--yes'], ['doctor']].map(
      async (args) => {
        const { code, stderr, stdout } = await zerostate([...args, '--home', home]);
        assert.equal(code, 1, `${args[0]}: ${stderr}${stdout}`);
        assert.ok(
          `${stderr}${stdout}`.includes(
            `zerostate 9.9.9: its data has form ${DATA_FORM + 1}; this is zerostate`,
          ),
        );
        assert.match(stderr + stdout, /the version that wrote it/);
      },
    );
    await Promise.all(refusals);
    assert.deepEqual(contents(home), before);
  });

  it('refuses it also where only the database says so, and a backup of it', async () => {
    const home = await oldHome();
    const { seed } = await loadOrCreateNodeKey(home);
    const peerId = peerIdOfKey(publicKeyOfSeed(seed));
    const backup = join(folder, 'newer.zsbackup');
    const db = await openDatabase(join(home, 'db'));
    await jsonLevel<number>(db, 'home').put('form', DATA_FORM + 7);
    const store = new LogStore(db);
    await store.load();
    const parts = async function* () {
      yield* filesOf(home, true);
      yield* writeBackup({ clock: systemClock, db, store, seed, peerId, origin: originOf(peerId) });
    };
    await writeChecked(backup, parts());
    await db.end();
    const target = join(folder, 'from-newer');
    await assert.rejects(restore({ backup, home: target, confirm: 2, log }), refused('DATA_NEWER'));
    assert.equal(existsSync(target), false);
    await assert.rejects(makeGround({ home, config, log }), refused('DATA_NEWER'));
  });

  it('takes only the steps that are missing, in order, and all of them or none', async () => {
    const home = await oldHome();
    const db = await openDatabase(join(home, 'db'));
    try {
      const level = jsonLevel<number>(db, 'steps');
      const taken: number[] = [];
      const step = (to: number, fails = false): Step => ({
        to,
        what: `to ${to}`,
        changes: async () => {
          taken.push(to);
          if (fails) throw new Error('it breaks');
          return [{ type: 'put', sublevel: level as never, key: `step-${to}`, value: to }];
        },
      });
      await assert.rejects(upgrade(home, [step(1), step(2), step(3, true)], 3, db), /it breaks/);
      assert.deepEqual([await level.keys().all(), await formOfDatabase(home, db)], [[], undefined]);
      assert.equal(await formOfHome(home), FORM_UNSAID);
      taken.length = 0;
      const { durable } = watchWrites(db);
      const done = await upgrade(home, [step(1), step(2), step(3), step(4)], 3, db);
      assert.deepEqual([done?.from, done?.to, taken], [1, 3, [2, 3]]);
      assert.deepEqual([await level.keys().all(), await formOfDatabase(home, db)], [['step-2', 'step-3'], 3]);
      assert.deepEqual(durable, [true], 'one write, on disk before the folder says so');
    } finally {
      await db.end();
    }
  });

  it('without room for the backup nothing is upgraded', async () => {
    const home = await oldHome();
    writeFileSync(join(home, 'upgrades'), 'in the way');
    await assert.rejects(makeGround({ home, config, log }), refused('STORAGE_FAILED'));
    assert.equal(await formOfHome(home), FORM_UNSAID);
    rmSync(join(home, 'upgrades'));
    // What an attempt that was killed left behind is in nobody's way.
    mkdirSync(join(home, 'upgrades'));
    writeFileSync(`${backupBefore(home, DATA_FORM)}.${process.pid}.part`, 'half');
    assert.equal((await ownLog(home)).length > 0, true);
  });

  it('has a step for every form, and a stored folder of every form before today’s', () => {
    assert.deepEqual(
      STEPS.map(({ to }) => to),
      Array.from({ length: DATA_FORM - FORM_UNSAID }, (_, at) => FORM_UNSAID + 1 + at),
    );
    const stored = readdirSync(join(import.meta.dirname, '../../data')).filter((name) =>
      name.startsWith('home-form-'),
    );
    assert.deepEqual(
      stored.sort(),
      STEPS.map(({ to }) => `home-form-${to - 1}`),
    );
    for (const name of stored)
      assert.equal(readdirSync(join(import.meta.dirname, '../../data', name)).includes('keys'), false);
  });
});
