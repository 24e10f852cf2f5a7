// The store of logs and its disk: what it acknowledges is flushed, what it counts is what it has, and no append goes beside the end.

import assert from 'node:assert/strict';
import { LogStore } from '../../../node/log/index.ts';
import { CompactTree, leafHash } from '../../../protocol/log/index.ts';
import { refused } from '../../support/agents.ts';
import { flushesOf, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

/** Entries [from, to) of a log as an append; `withheld` has no body. */
function part(log: MemoryLog, tree: CompactTree, to: number, withheld?: number) {
  const from = tree.size;
  const grown = tree.clone();
  const entries = log
    .entries(from, to)
    .map(({ body, record }, i) => ({ record, body: from + i === withheld ? null : body }));
  const nodes = entries.flatMap(({ record }) => grown.append(leafHash(record)));
  const checkpoint = to === log.stored.length ? log.checkpoint : null;
  return { origin: log.origin, from, entries, nodes, tree: grown, checkpoint };
}

const logOf = (seed: number, size: number) =>
  new MemoryLog(seed).append(...Array.from({ length: size }, (_, n) => sampleEntry(n)));

describe('the store of logs on its disk', () => {
  let db: TestDatabase;
  beforeEach(() => {
    db = new TestDatabase();
  });
  afterEach(() => db[Symbol.asyncDispose]());

  it('flushes an append, a body that comes later, and the cut of a damaged log', async () => {
    const { db: seen, flushed } = flushesOf(await db.open());
    const store = await db.store(seen);
    const log = logOf(1, 2);
    flushed.length = 0;
    await store.append(part(log, new CompactTree(), 2, 1), 1);
    await store.fill(log.origin, 1, log.entries(1, 2)[0]!.body!);
    await store.cut(log.origin, new CompactTree(), 0);
    assert.deepEqual(flushed, [true, true, true]);
  });

  it('forgets a damaged head for good', async () => {
    const log = logOf(1, 1);
    const store = await db.store();
    await store.append(part(log, new CompactTree(), 1), 1);
    const level = await db.open();
    const heads = level.sublevel<string, Uint8Array>('log-heads', { valueEncoding: 'view' });
    await heads.put(log.origin, new Uint8Array([1]));
    assert.deepEqual(await new LogStore(level).load(), [log.origin]);
    assert.deepEqual(await new LogStore(level).load(), []);
  });

  it('takes no append that begins beyond its end or before it', async () => {
    const store = await db.store();
    const log = logOf(1, 3);
    const [none, one] = [new CompactTree(), new CompactTree()];
    one.append(leafHash(log.entries(0, 1)[0]!.record));
    await assert.rejects(store.append(part(log, one, 2), 1), refused('BUSY'));
    await store.append(part(log, none, 2), 1);
    await assert.rejects(store.append(part(log, one, 3), 1), refused('BUSY'));
    assert.equal(store.state(log.origin).size, 2);
  });

  it('asks for a missing body until it is here, and not again', async () => {
    const store = await db.store();
    const log = logOf(1, 3);
    await store.append(part(log, new CompactTree(), 3, 1), 1);
    assert.deepEqual(store.gaps(log.origin), [1]);
    await store.fill(log.origin, 1, log.entries(1, 2)[0]!.body!);
    assert.deepEqual(store.gaps(log.origin), []);
  });

  it('counts the bytes that it has: quotas go by them', async () => {
    const store = await db.store();
    const [log, other] = [logOf(1, 4), logOf(2, 2)];
    const sizeOf = (of: MemoryLog) =>
      of.stored.reduce((sum, { body, record }) => sum + record.length + (body?.length ?? 0), 0);
    await store.append(part(log, new CompactTree(), 2), 1);
    await store.append(part(log, store.state(log.origin).tree, 4), 1);
    await store.append(part(other, new CompactTree(), 2), 1);
    assert.equal(store.bytes, sizeOf(log) + sizeOf(other));
    await store.evict(log.origin, 0);
    assert.equal(store.bytes, sizeOf(log) + sizeOf(other) - log.stored[0]!.body!.length);
  });

  it('keeps the signed head that it has while a part of the next comes', async () => {
    const store = await db.store();
    const log = logOf(1, 2);
    const { checkpoint } = log;
    await store.append(part(log, new CompactTree(), 2), 1);
    log.append(sampleEntry(2), sampleEntry(3));
    await store.append(part(log, store.state(log.origin).tree, 3), 1);
    assert.deepEqual([store.state(log.origin).size, store.state(log.origin).checkpoint], [3, checkpoint]);
  });
});
