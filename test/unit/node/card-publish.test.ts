// A card that cannot be published leaves no agent behind; one that may have reached the disk does.

import assert from 'node:assert/strict';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { CardBook } from '../../../node/cards/card-book.ts';
import { CardService } from '../../../node/cards/card-service.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { AgentVault } from '../../../node/keys/agent-vault.ts';
import { OwnLog } from '../../../node/log/index.ts';
import { noteSigner, peerIdOfKey } from '../../../protocol/log/index.ts';
import { DRAFT, PEER, refused, seed } from '../../support/agents.ts';
import { faultyDatabase, TestDatabase } from '../../support/log-stores.ts';

const QUIET = { warn: () => {}, info: () => {}, error: () => {}, debug: () => {} };

/** Cards over a log of its own, whose faults a test turns on. */
async function publisher(folder: TestDatabase) {
  const db = await folder.open();
  const faults = { forked: false, full: false };
  const ownLog = new OwnLog({
    store: await folder.store(faultyDatabase(db, () => faults.full)),
    clock: systemClock,
    peerId: peerIdOfKey(noteSigner(seed(7)).publicKey),
    seed: seed(7),
    listener: { entry: () => {}, head: () => {} },
    isForked: () => faults.forked,
    checkDisk: () => db.checkWrites(),
  });
  const vault = new AgentVault(folder.folder);
  await vault.load();
  const cards = new CardService({
    book: new CardBook(),
    vault,
    ownLog,
    host: { peerId: PEER, getMultiaddrs: () => [] } as never,
    records: {} as never,
    clock: systemClock,
    log: QUIET as never,
    region: 'here',
    taskProtocol: '/zs/task/1',
    busy: () => 0,
  });
  /** Agents that the vault has, and files of theirs. */
  const kept = () => {
    const files = readdirSync(join(folder.folder, 'keys', 'agents')).filter((name) => name !== 'primary');
    return [vault.list().length, files.length];
  };
  return { cards, db, faults, kept };
}

describe('publishing the card of a new agent', () => {
  it('leaves no agent behind while the log takes nothing, however often it is tried', async () => {
    await using folder = new TestDatabase();
    const { cards, db, faults, kept } = await publisher(folder);
    await cards.publish(DRAFT);
    assert.deepEqual(kept(), [1, 2]);
    faults.forked = true;
    for (let i = 0; i < 3; i++) await assert.rejects(cards.publish(DRAFT), refused('LOG_FORKED'));
    faults.forked = false;
    renameSync(folder.dir, `${folder.dir}.gone`);
    for (let i = 0; i < 3; i++) await assert.rejects(cards.publish(DRAFT), refused('STORAGE_FAILED'));
    renameSync(`${folder.dir}.gone`, folder.dir);
    await db.end();
    assert.deepEqual(kept(), [1, 2]);
  });

  it('takes the agent back when the log was closed while its keys were written', async () => {
    await using folder = new TestDatabase();
    const { cards, faults, kept } = await publisher(folder);
    await cards.publish(DRAFT);
    const publishing = cards.publish(DRAFT);
    // The first look is over: it is made at once.
    faults.forked = true;
    await assert.rejects(publishing, refused('LOG_FORKED'));
    assert.deepEqual(kept(), [1, 2]);
  });

  it('keeps the agent whose card was on its way to the disk: it may be there', async () => {
    await using folder = new TestDatabase();
    const { cards, faults, kept } = await publisher(folder);
    faults.full = true;
    await assert.rejects(cards.publish(DRAFT), refused('STORAGE_FAILED'));
    assert.deepEqual(kept(), [1, 2]);
  });
});
