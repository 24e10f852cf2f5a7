// What is written down of those that lie: logs with two histories, with evidence that outlasts a restart, and peers that are not asked for a while.

import assert from 'node:assert/strict';
import type { Admission } from '../../../node/admission/index.ts';
import { bytesLevel } from '../../../node/storage/index.ts';
import { ForkBook } from '../../../node/sync/fork-book.ts';
import { Liars } from '../../../node/sync/liars.ts';
import { compareOlder } from '../../../node/sync/older-head.ts';
import {
  type EquivocationFinding,
  encodeEquivocation,
  findEquivocation,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import type { Verified } from '../../../protocol/verified.ts';
import { refused } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { faultyDatabase, flushesOf, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { peerOf, syncWorld } from '../../support/sync-world.ts';

const logOf = (count: number, seed = 1, first = 0) =>
  new MemoryLog(seed).append(...Array.from({ length: count }, (_, n) => sampleEntry(first + n)));
const headOf = (log: MemoryLog) => verifyNodeCheckpoint(log.checkpoint, log.origin);

/** Evidence that a log of one size has two histories. */
function forkOf(seed: number): Verified<EquivocationFinding> {
  const [first, second] = [logOf(2, seed), logOf(2, seed, 40)].map(({ checkpoint }) => checkpoint);
  return verifyEquivocation({ first: first!, second: second!, proof: [] });
}

describe('evidence of forks', () => {
  let database: TestDatabase;
  beforeEach(() => {
    database = new TestDatabase();
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it('is kept once, on disk before anybody is told, and after a restart', async () => {
    const { db, flushed } = flushesOf(await database.open());
    const book = new ForkBook(db);
    const told: [string, number][] = [];
    book.listen(({ origin }) => told.push([origin, flushed.length]));
    const found = forkOf(1);
    assert.deepEqual([await book.add(found), await book.add(forkOf(1))], [true, false]);
    assert.deepEqual(told, [[found.origin, 1]]);
    assert.deepEqual(flushed, [true]);
    const again = new ForkBook(db);
    await again.load();
    assert.deepEqual([again.has(found.origin), again.size, again.list()], [true, 1, [found]]);
    assert.deepEqual(again.get(found.origin), found);
  });

  it('is kept in its shortest form: heads without what others signed, and no proof where none is needed', async () => {
    const book = new ForkBook(await database.open());
    const [held, other] = [logOf(5), logOf(3, 1, 40)];
    const { nodes } = held;
    const reader = { node: async (level: number, index: number) => nodes.node(level, index) };
    const found = (await findEquivocation(headOf(other), headOf(held), reader))!;
    const more = found.first.replace(/\n$/, `\n— someone.else ${'A'.repeat(96)}\n`);
    await book.add({ ...found, first: more } as never);
    assert.equal(book.get(held.origin)?.first, found.first);
  });

  it('that the disk does not take ends the log all the same, while the node runs', async () => {
    const book = new ForkBook(faultyDatabase(await database.open(), () => true));
    const told: string[] = [];
    book.listen(({ origin }) => told.push(origin));
    await assert.rejects(book.add(forkOf(1)), refused('STORAGE_FAILED'));
    assert.deepEqual([book.has(forkOf(1).origin), told], [true, []]);
  });

  it('that is damaged on the disk, or proves nothing, is dropped at the start and the rest is read', async () => {
    const db = await database.open();
    const level = bytesLevel(db, 'log-forks');
    const good = forkOf(3);
    const twice = logOf(2, 2).checkpoint;
    await level.put('a', new Uint8Array([1, 2, 3]));
    await level.put('b', encodeEquivocation({ ...good, second: good.first }));
    await level.put('c', encodeEquivocation({ ...good, first: twice, second: twice }));
    await level.put(good.origin, encodeEquivocation(good));
    const book = new ForkBook(db);
    await book.load();
    assert.deepEqual(
      book.list().map(({ origin }) => origin),
      [good.origin],
    );
  });
});

describe('an older head', () => {
  it('is compared with what is held, and one that is longer, or of a log that is not, says nothing', async () => {
    await using database = new TestDatabase();
    const { forks, pull, store } = await syncWorld(database, new Map([['a', { logs: [logOf(4)] }]]));
    const compare = (log: MemoryLog) => compareOlder({ forks, store }, headOf(log));
    await compare(logOf(2));
    await pull('a', logOf(4));
    for (const log of [logOf(1), logOf(4), logOf(5), logOf(5, 1, 40), logOf(2, 2)]) await compare(log);
    assert.equal(forks.size, 0);
    await compare(logOf(4, 1, 40));
    assert.equal(forks.size, 1);
  });
});

describe('peers that lied', () => {
  function rig() {
    const failed: string[] = [];
    const clock = new HandClock();
    const admission = { failed: (peer: string) => failed.push(peer) } as unknown as Admission;
    return { clock, failed, liars: new Liars({ admission, clock }) };
  }

  it('answer for it and rest for five minutes', () => {
    const { clock, failed, liars } = rig();
    liars.add(peerOf('a'));
    assert.deepEqual([failed, liars.has(peerOf('a')), liars.has(peerOf('b'))], [['a'], true, false]);
    clock.stand(299_999);
    assert.equal(liars.has(peerOf('a')), true);
    clock.stand(1);
    assert.equal(liars.has(peerOf('a')), false);
  });

  it('are a bounded number, of which the first rests no longer', () => {
    const { liars } = rig();
    for (let n = 0; n <= 1_024; n++) liars.add(peerOf(`${n}`));
    assert.deepEqual(
      [0, 1, 1_024].map((n) => liars.has(peerOf(`${n}`))),
      [false, true, true],
    );
  });
});
