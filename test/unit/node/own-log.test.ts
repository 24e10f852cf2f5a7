// When the own log takes nothing new: after data was lost, after a restore, after a fork, while the disk fails. Each time a second head of one
// size would be signed, or something acknowledged that nobody takes.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import { HeadGuard } from '../../../node/log/head-guard.ts';
import { type LogStore, OwnLog } from '../../../node/log/index.ts';
import { CONFIRM_MAX, RestoredGate, writeRestoredMark } from '../../../node/log/restored-gate.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { type CompactTree, leafHash, noteSigner, peerIdOfKey } from '../../../protocol/log/index.ts';
import { refused, seed } from '../../support/agents.ts';
import { note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';

const BYTE = 7;
const MARK = { backupOf: '2026-03-01T00:00:00Z', logSize: 0, confirm: 2 };

type Deps = ConstructorParameters<typeof OwnLog>[0];

function logOver(store: LogStore, more: Partial<Deps>): OwnLog {
  const peerId = peerIdOfKey(noteSigner(seed(BYTE)).publicKey);
  const listener = { entry: () => {}, head: () => {} };
  return new OwnLog({ store, clock: systemClock, peerId, seed: seed(BYTE), listener, ...more });
}

/** Gives a store the entries of a log up to a size, as another store has them. */
async function copy(from: LogStore, to: LogStore, origin: string, size: number): Promise<void> {
  const { tree, size: held } = to.state(origin);
  const grown: CompactTree = tree.clone();
  const entries = [];
  for await (const { body, record } of from.entries(origin, held, size)) entries.push({ record, body });
  const nodes = entries.flatMap(({ record }) => grown.append(leafHash(record)));
  const checkpoint = (await from.checkpoints.at(origin, size)) ?? null;
  await to.append({ origin, from: held, entries, nodes, tree: grown, checkpoint }, 1);
}

describe('the own log', () => {
  let folder: string;
  let before: TestDatabase;
  let later: TestDatabase;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-own-'));
    before = new TestDatabase();
    later = new TestDatabase();
  });

  afterEach(async () => {
    await before[Symbol.asyncDispose]();
    await later[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('that lost a single entry signs nothing until all of them are back, and remembers its head again then', async () => {
    const path = join(folder, 'own-head');
    const first = await before.store();
    const writer = ownLogOver(first, {}, BYTE, new HeadGuard(path));
    for (const text of ['a', 'b', 'c']) await writer.append(note(text));
    await writer.flush();
    const store = await later.store();
    await copy(first, store, writer.origin, 1);
    const guard = new HeadGuard(path);
    const own = logOver(store, { guard });
    assert.equal(await own.check(), false);
    await guard.flush();
    assert.equal((await guard.read(own.origin))?.size, 3, 'the head that was lost is not written over');
    await own.restore(() => copy(first, store, own.origin, 2));
    await assert.rejects(own.append(note('d')), refused('LOG_RECOVERING'));
    assert.throws(() => own.checkTakes(), refused('LOG_RECOVERING'));
    assert.equal(await logOver(store, { guard }).check(), false, 'one that is lost is enough');
    await own.restore(() => copy(first, store, own.origin, 3));
    assert.equal((await own.append(note('d'))).index, 3);
    await own.flush();
    assert.equal((await guard.read(own.origin))?.size, 4);
  });

  it('appends nothing while it is given back what it lost', async () => {
    const store = await later.store();
    const own = logOver(store, {});
    const db = await later.open();
    let appended: Promise<unknown> | undefined;
    await own.restore(async () => {
      appended = own.append(note('a'));
      // Writes reach the disk in their order: an append that did not wait would be there before the last of these.
      for (let write = 0; write < 10; write++) await db.put('other', new Uint8Array(1), { sync: true });
      assert.equal(own.state().size, 0);
    });
    await appended;
    assert.equal(own.state().size, 1);
  });

  it('notes each head beside the database when it was written, and has it there when it is flushed', async () => {
    const guard = new HeadGuard(join(folder, 'own-head'));
    const own = logOver(await later.store(), { guard });
    await own.append(note('a'));
    await own.append(note('b'));
    await own.flush();
    assert.equal((await guard.read(own.origin))?.size, 2);
  });

  it('takes a damaged note of its head for none: the database counts', async () => {
    const path = join(folder, 'own-head');
    writeFileSync(path, 'half a head');
    const own = logOver(await later.store(), { guard: new HeadGuard(path) });
    assert.equal(await own.check(), true);
    await assert.rejects(new HeadGuard(folder).read(own.origin), { code: 'EISDIR' });
  });

  it('of which two histories are signed takes nothing, and nothing while the disk fails', async () => {
    let isForked = true;
    const checkDisk = () => {
      throw new ZeroError('STORAGE_FAILED', 'full');
    };
    const own = logOver(await later.store(), { isForked: () => isForked, checkDisk });
    await assert.rejects(own.append(note('a')), refused('LOG_FORKED'));
    assert.throws(() => own.checkTakes(), refused('LOG_FORKED'));
    isForked = false;
    assert.throws(() => own.checkTakes(), refused('STORAGE_FAILED'));
  });

  it('that came from a backup waits for as many different peers as the mark says, over restarts too', async () => {
    await writeRestoredMark(folder, MARK);
    const gateAt = async () => {
      const restored = new RestoredGate(folder);
      await restored.load();
      return restored;
    };
    const store = await later.store();
    const own = logOver(store, { restored: await gateAt() });
    assert.deepEqual([await own.confirmed('a'), await own.confirmed('a')], [false, false]);
    await assert.rejects(own.append(note('a')), refused('LOG_RECOVERING'));
    const again = logOver(store, { restored: await gateAt() });
    assert.deepEqual([await again.confirmed('b'), again.restored?.heard], [false, 1]);
    assert.equal(await again.confirmed('c'), true);
    assert.equal((await again.append(note('a'))).index, 0);
    assert.equal((await gateAt()).waiting, undefined, 'the mark is gone for the next start');
  });

  it('waits on when the mark of a restore cannot be taken away: the next start would wait again', async () => {
    await writeRestoredMark(folder, { ...MARK, confirm: 1 });
    const restored = new RestoredGate(folder);
    await restored.load();
    const path = join(folder, 'restored.json');
    // A folder is not removed as a file is.
    rmSync(path);
    mkdirSync(path);
    await assert.rejects(restored.confirmed('a'));
    assert.equal(restored.waiting?.confirm, 1);
    assert.equal(existsSync(path), true);
  });

  it('does not start from a mark that says nothing', async () => {
    for (const confirm of [0, -1, 1.5, CONFIRM_MAX + 1, '2', null]) {
      writeFileSync(join(folder, 'restored.json'), JSON.stringify({ ...MARK, confirm }));
      await assert.rejects(new RestoredGate(folder).load(), refused('DATA_CORRUPT'), String(confirm));
    }
  });
});
