// The store of logs and the own log: all or nothing, the same after a restart, damage detected, one owner.

import assert from 'node:assert/strict';
import { LogStore } from '../../../node/log/index.ts';
import { scrubLogs } from '../../../node/log/scrub.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { CompactTree, leafHash, parseCheckpoint } from '../../../protocol/log/index.ts';
import { answerTail, decodeSyncMessage, tailRequest, verifyTail } from '../../../protocol/sync/index.ts';
import { refused } from '../../support/agents.ts';
import { faultyDatabase, note, ownLogOver, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const NOW = 1_780_000_000_000;

/** Entries [from, to) of a log as an append. */
function part(log: MemoryLog, tree: CompactTree, to: number) {
  const from = tree.size;
  const grown = tree.clone();
  const entries = log.entries(from, to);
  const nodes = entries.flatMap(({ record }) => grown.append(leafHash(record)));
  const checkpoint = to === log.stored.length ? log.checkpoint : null;
  return { origin: log.origin, from, entries, nodes, tree: grown, checkpoint };
}

describe('the store of logs', () => {
  let db: TestDatabase;
  beforeEach(() => {
    db = new TestDatabase();
  });
  afterEach(() => db[Symbol.asyncDispose]());

  it('keeps a tail that arrives in parts, over restarts, and serves only what is signed', async () => {
    const log = new MemoryLog(1).append(...Array.from({ length: 9 }, (_, n) => sampleEntry(n)));
    let store = await db.store();
    await store.append(part(log, store.state(log.origin).tree, 4), NOW);
    assert.deepEqual([store.state(log.origin).size, store.state(log.origin).checkpoint], [4, '']);
    await db.close();
    store = await db.store();
    assert.deepEqual([store.state(log.origin).size, store.state(log.origin).checkpoint], [4, '']);
    await store.append(part(log, store.state(log.origin).tree, 9), NOW);
    await db.close();
    store = await db.store();
    const state = store.state(log.origin);
    assert.deepEqual(state.root, parseCheckpoint(log.checkpoint).root);
    assert.equal(state.checkpoint, log.checkpoint);
    // What it stored is enough to answer another node, with proofs.
    const request = tailRequest({ origin: log.origin, from: 3, to: 9 });
    const answer = await answerTail(request, {
      checkpoint: state.checkpoint,
      nodes: store.reader(log.origin),
      entries: (from, to) => store.entries(log.origin, from, to),
    });
    const response = decodeSyncMessage(answer, ['tail-response']);
    const short = new CompactTree();
    for (const { record } of log.entries(0, 3)) short.append(leafHash(record));
    assert.equal(verifyTail({ request, response, tree: short }).complete, true);
  });

  it('refuses an append to another size than it holds', async () => {
    const log = new MemoryLog(1).append(sampleEntry(0), sampleEntry(1));
    const store = await db.store();
    const first = part(log, new CompactTree(), 1);
    await store.append(first, NOW);
    await assert.rejects(store.append(first, NOW), refused('BUSY'));
  });

  it('changes nothing when the disk is full, and goes on when there is room again', async () => {
    let full = false;
    const store = await db.store(faultyDatabase(await db.open(), () => full));
    const own = ownLogOver(store);
    await own.append(note('before'));
    full = true;
    await assert.rejects(own.append(note('lost')), refused('STORAGE_FAILED'));
    assert.equal(own.state().size, 1);
    full = false;
    assert.equal((await own.append(note('after'))).index, 1);
    await db.close();
    const again = await db.store();
    const ids: string[] = [];
    for await (const { statementId } of again.entries(own.origin, 0, 9)) ids.push(statementId);
    assert.equal(ids.length, 2);
  });

  it('detects a head that does not match its checkpoint', async () => {
    const log = new MemoryLog(1).append(sampleEntry(0), sampleEntry(1));
    const store = await db.store();
    await store.append(part(log, new CompactTree(), 2), NOW);
    const other = new CompactTree();
    other.append(leafHash(sampleEntry(5).record));
    other.append(leafHash(sampleEntry(6).record));
    const level = await db.open();
    const heads = level.sublevel<string, { tree: string }>('log-heads', { valueEncoding: 'json' });
    const head = (await heads.get(log.origin)) as { tree: string };
    const tree = Buffer.from(other.serialise()).toString('base64');
    await heads.put(log.origin, { ...head, tree });
    const reopened = new LogStore(level);
    assert.deepEqual(await reopened.load(), [log.origin]);
    assert.equal(reopened.state(log.origin).size, 0);
  });

  it('reads the newest entries as the disk has them, without asking it, also after a body has gone and come', async () => {
    const store = await db.store();
    const own = ownLogOver(store);
    for (const text of ['a', 'b', 'c']) await own.append(note(text));
    const all = async () => {
      const read = [];
      for await (const { body, index, leaf, record, statementId } of store.entries(own.origin, 0, 3))
        read.push([index, statementId, body?.toHex(), leaf.toHex(), record.toHex()]);
      return read;
    };
    const remembered = await all();
    const body = await store.body(own.origin, 1);
    assert.equal(body?.toHex(), remembered[1]?.[2]);
    await store.evict(own.origin, 1);
    assert.equal(await store.body(own.origin, 1), undefined);
    assert.deepEqual(
      (await all()).map((entry) => entry[2]),
      [remembered[0]?.[2], undefined, remembered[2]?.[2]],
    );
    await store.fill(own.origin, 1, body!);
    assert.deepEqual(await all(), remembered);
    store.forget();
    assert.deepEqual(await all(), remembered);
  });

  it('detects a record that is missing', async () => {
    const store = await db.store();
    const own = ownLogOver(store);
    for (const text of ['a', 'b', 'c']) await own.append(note(text));
    const level = await db.open();
    const records = level.sublevel<string, Uint8Array>('log-records', { valueEncoding: 'view' });
    for await (const key of records.keys({ limit: 2, reverse: true }))
      if (key.endsWith('1')) await records.del(key);
    store.forget();
    await assert.rejects(async () => {
      for await (const _ of store.entries(own.origin, 0, 3));
    }, refused('DATA_CORRUPT'));
  });

  it('cuts a damaged log to its sound beginning, whatever was damaged, and leaves the others alone', async () => {
    const log = new MemoryLog(1).append(...Array.from({ length: 12 }, (_, n) => sampleEntry(n)));
    const other = new MemoryLog(2).append(sampleEntry(1), sampleEntry(2));
    const level = await db.open();
    const at = (index: number) => `${log.origin}/${index.toString(16).padStart(14, '0')}`;
    const node = (depth: number, index: number) =>
      `${log.origin}/${depth}/${index.toString(16).padStart(14, '0')}`;
    const flips: [string, string, number][] = [
      ['log-records', at(5), 5],
      ['log-bodies', at(9), 9],
      ['log-nodes', node(0, 7), 7],
      ['log-nodes', node(2, 0), 3],
    ];
    for (const [name, key, sound] of flips) {
      const store = await db.store();
      if (store.state(log.origin).size === 0) await store.append(part(log, new CompactTree(), 12), NOW);
      if (store.state(other.origin).size === 0) await store.append(part(other, new CompactTree(), 2), NOW);
      const place = level.sublevel<string, Uint8Array>(name, { valueEncoding: 'view' });
      const value = Uint8Array.from((await place.get(key)) as Uint8Array);
      value[value.length >> 1] = (value[value.length >> 1] as number) ^ 0x10;
      await place.put(key, value);
      assert.deepEqual(await scrubLogs(store), [{ origin: log.origin, size: 12, sound }], `${name} ${key}`);
      assert.equal(store.state(log.origin).size, sound);
      assert.equal(store.state(log.origin).checkpoint, '');
      // What was cut off is stored again by the next tail.
      await store.append(part(log, store.state(log.origin).tree, 12), NOW);
      assert.deepEqual(await scrubLogs(store), []);
      assert.deepEqual(store.state(log.origin).root, parseCheckpoint(log.checkpoint).root);
    }
  });

  it('answers with the newest tree nodes from memory, and no more once the log was cut', async () => {
    const log = new MemoryLog(1).append(...Array.from({ length: 4 }, (_, n) => sampleEntry(n)));
    const store = await db.store();
    await store.append(part(log, new CompactTree(), 4), NOW);
    const { node } = store.reader(log.origin);
    const known = await node(2, 0);
    assert.ok(known);
    const level = await db.open();
    await level.sublevel<string, Uint8Array>('log-nodes', { valueEncoding: 'view' }).clear();
    assert.deepEqual(await node(2, 0), known);
    await store.cut(log.origin, new CompactTree(), 0);
    assert.equal(await node(2, 0), undefined);
  });

  it('counts the bytes of records and bodies, for the quotas', async () => {
    const log = new MemoryLog(1).append(sampleEntry(0), sampleEntry(1));
    const bytes = log.stored.reduce((sum, { record, body }) => sum + record.length + (body?.length ?? 0), 0);
    let store = await db.store();
    await store.append(part(log, new CompactTree(), 2), NOW);
    assert.deepEqual([store.state(log.origin).bytes, store.bytes], [bytes, bytes]);
    await db.close();
    store = await db.store();
    assert.deepEqual([store.state(log.origin).bytes, store.bytes], [bytes, bytes]);
  });

  it('lets one process have the database', async () => {
    await db.open();
    await assert.rejects(openDatabase(db.dir), refused('DATA_LOCKED'));
  });
});

describe('the own log', () => {
  it('gives a burst of appends one checkpoint and each its own place, in order', async () => {
    await using db = new TestDatabase();
    const heads: number[] = [];
    const told: number[] = [];
    const own = ownLogOver(await db.store(), {
      head: ({ size }) => heads.push(size),
      entry: (_, { index }) => told.push(index),
    });
    const positions = await Promise.all(Array.from({ length: 300 }, (_, n) => own.append(note(`${n}`))));
    assert.deepEqual(
      positions.map(({ index }) => index),
      Array.from({ length: 300 }, (_, n) => n),
    );
    assert.deepEqual(heads, [128, 256, 300]);
    assert.equal(told.length, 300);
  });

  it('writes what is urgent before all that waits, in its own order, also when nothing else is taken', async () => {
    await using db = new TestDatabase();
    const own = ownLogOver(await db.store());
    const bulk = Array.from({ length: 4_096 }, (_, i) => own.append(note(`${i}`)));
    const isFull = assert.rejects(own.append(note('one too many')), refused('BUSY'));
    const urgent = ['stop', 'stop more'].map((text) => own.append(note(text), { isUrgent: true }));
    await isFull;
    const first = (await Promise.all(urgent)).map(({ index }) => index);
    assert.deepEqual(first, [0, 1]);
    const rest = (await Promise.all(bulk)).map(({ index }) => index);
    assert.deepEqual(
      rest,
      Array.from(rest, (_, i) => i + 2),
    );
    const later = own.append(note('later'));
    assert.equal((await own.append(note('stop again'), { isUrgent: true })).index, 4_098);
    assert.equal((await later).index, 4_099);
  });

  it('holds every acknowledged statement after it is opened again', async () => {
    await using db = new TestDatabase();
    const own = ownLogOver(await db.store());
    const { statementId, index } = await own.append(note('kept'));
    await db.close();
    const again = ownLogOver(await db.store());
    assert.equal(again.state().size, 1);
    const store = await db.store();
    for await (const entry of store.entries(again.origin, 0, 1)) assert.equal(entry.statementId, statementId);
    assert.equal(index, 0);
  });

  it('flush waits for what was asked before', async () => {
    await using db = new TestDatabase();
    const own = ownLogOver(await db.store());
    let done = false;
    void own.append(note('x')).then(() => {
      done = true;
    });
    await own.flush();
    await Promise.resolve();
    assert.equal(own.state().size, 1);
    assert.equal(done, true);
  });
});
