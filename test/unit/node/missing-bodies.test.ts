// Bodies that a peer withheld: others are asked for them, each is the one that its record names, and they count as what is held of the log.

import assert from 'node:assert/strict';
import { scrubLogs } from '../../../node/log/index.ts';
import { decodeEnvelope, encodeEnvelope } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { CompactTree, leafHash } from '../../../protocol/log/index.ts';
import type { SyncMessage, TailEntry } from '../../../protocol/sync/index.ts';
import { faultyDatabase, note, TestDatabase } from '../../support/log-stores.ts';
import { cardEntry, MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { syncWorld, type Talker } from '../../support/sync-world.ts';

const cards = [10, 20, 30].map(cardEntry);
const logOf = (...entries: TailEntry[]) => new MemoryLog(1).append(...entries);
const without = (entries: TailEntry[]) => logOf(...entries.map(({ record }) => ({ record, body: null })));
const bytesOf = (entries: TailEntry[]) =>
  entries.reduce((sum, { record, body }) => sum + record.length + (body?.length ?? 0), 0);

/** The entry with a signature of nobody: its record is the same. */
function spoilt({ record, body }: TailEntry): TailEntry {
  const { signatures, ...rest } = decodeEnvelope(body!);
  const broken = signatures.map((one) => ({ ...one, sig: new Uint8Array(64).fill(9) }));
  return { record, body: encodeEnvelope({ ...rest, signatures: broken }) };
}

describe('bodies that are missing', () => {
  let database: TestDatabase;
  beforeEach(() => {
    database = new TestDatabase();
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  /** A world that holds the records of these entries and no body, and one more peer. */
  async function lacking(entries: TailEntry[], other: Talker, options: Parameters<typeof syncWorld>[2] = {}) {
    const log = without(entries);
    const talkers = new Map<string, Talker>([['withholds', { logs: [log] }]]);
    const world = await syncWorld(database, talkers, options);
    await world.pull('withholds', log);
    assert.equal(world.store.gaps(log.origin).length, entries.length);
    assert.equal(world.store.state(log.origin).bytes, bytesOf(log.stored));
    world.asked.length = 0;
    world.grown.length = 0;
    talkers.set('other', other);
    return { ...world, origin: log.origin };
  }

  it('are asked of another peer one by one, applied, counted, and told of', async () => {
    const { applied, asked, grown, origin, store, syncWith } = await lacking(cards, {
      logs: [logOf(...cards)],
    });
    assert.equal(await syncWith('other'), true);
    assert.deepEqual(store.gaps(origin), []);
    assert.deepEqual(
      asked.flatMap(({ message }) => (message.kind === 'tail-request' ? [[message.from, message.to]] : [])),
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
    );
    assert.deepEqual(
      applied.map(({ position }) => position.index),
      [0, 1, 2],
    );
    assert.deepEqual(grown, [origin]);
    assert.equal(store.state(origin).bytes, bytesOf(cards));
    assert.equal(store.bytes, bytesOf(cards));
  });

  it('are some of many in one round', async () => {
    const many = Array.from({ length: 70 }, (_, n) => sampleEntry(n));
    const { origin, questions, store, syncWith } = await lacking(many, { logs: [logOf(...many)] });
    await syncWith('other');
    assert.deepEqual([questions('tail-request'), store.gaps(origin).length], [64, 6]);
    await syncWith('other');
    assert.deepEqual(store.gaps(origin), []);
  });

  it('that nobody has are asked for within a bound, and keep neither others of their log nor other logs from being found', async () => {
    // Ten logs of a hundred records each, and what the peer has of them: the last entry of the last log.
    const entries = Array.from({ length: 100 }, (_, n) => sampleEntry(n));
    const withheld = (n: number, held = 0) =>
      new MemoryLog(n + 20).append(
        ...entries.map((entry, at) => (at >= 100 - held ? entry : { ...entry, body: null })),
      );
    const logs = Array.from({ length: 10 }, (_, n) => withheld(n));
    const talkers = new Map<string, Talker>([['withholds', { logs }]]);
    const { questions, store, syncWith } = await syncWorld(database, talkers);
    assert.equal(await syncWith('withholds'), true);
    talkers.set('other', { logs: [...logs.slice(0, 9), withheld(9, 1)] });
    let rounds = 0;
    for (; store.gaps(logs[9]!.origin).length === 100 && rounds < 20; rounds++) {
      const before = questions('tail-request', 'other');
      await syncWith('other');
      const asked = questions('tail-request', 'other') - before;
      assert.ok(asked <= 256, `${asked} questions in a round`);
    }
    assert.ok(rounds < 20, 'the one that is there is found');
  });

  it('are asked no more of a peer that has gone or is asked too much; of one that lacks a log, those of others', async () => {
    for (const [code, asked] of [
      ['PEER_UNREACHABLE', 1],
      ['BUSY', 1],
      ['SYNC_REFUSED', 2],
    ] as const) {
      await using own = new TestDatabase();
      const logs = [1, 2].map((seed) =>
        new MemoryLog(seed).append(...cards.map(({ record }) => ({ record, body: null }))),
      );
      const talkers = new Map<string, Talker>([['withholds', { logs }]]);
      const { questions, syncWith } = await syncWorld(own, talkers);
      await syncWith('withholds');
      const answer = (message: SyncMessage) => {
        if (message.kind === 'tail-request') throw new ZeroError(code, 'not this');
        return undefined;
      };
      talkers.set('other', { logs, answer });
      assert.equal(await syncWith('other'), true);
      assert.equal(questions('tail-request', 'other'), asked, code);
    }
  });

  it('that came before their peer went away are told of', async () => {
    let answers = 0;
    const answer = (message: SyncMessage) => {
      if (message.kind === 'tail-request' && ++answers > 1) throw new Error('gone');
      return undefined;
    };
    const { grown, origin, store, syncWith } = await lacking(cards, { logs: [logOf(...cards)], answer });
    await syncWith('other');
    assert.deepEqual([store.gaps(origin), grown], [[1, 2], [origin]]);
  });

  it('are not taken from a peer that has none, that has others, or that spoilt a signature', async () => {
    const { applied, grown, origin, service, store, syncWith } = await lacking(cards, {
      logs: [
        logOf(
          { record: cards[0]!.record, body: cards[1]!.body },
          spoilt(cards[1]!),
          without(cards).stored[2]!,
        ),
      ],
    });
    await syncWith('withholds');
    await syncWith('other');
    assert.deepEqual([store.gaps(origin), applied, grown], [[0, 1, 2], [], []]);
    assert.equal(await service.fetchBody(origin, 7), false, 'nor of an entry that is not here');
  });

  it('are also those that came with a signature of nobody', async () => {
    const log = logOf(cards[0]!, spoilt(cards[1]!), cards[2]!);
    const talkers = new Map<string, Talker>([['a', { logs: [log] }]]);
    const { applied, failed, pull, store } = await syncWorld(database, talkers);
    await pull('a', log);
    assert.deepEqual([store.gaps(log.origin), applied.length, failed], [[1], 2, []]);
    assert.equal(
      store.state(log.origin).bytes,
      bytesOf([cards[0]!, ...without([cards[1]!]).stored, cards[2]!]),
    );
  });

  it('are here once they are on disk, and applied then', async () => {
    let isFull = false;
    const db = faultyDatabase(await database.open(), () => isFull);
    const { applied, origin, service, store } = await lacking(cards, { logs: [logOf(...cards)] }, { db });
    isFull = true;
    assert.equal(await service.fetchBody(origin, 1), false);
    assert.deepEqual([applied, store.gaps(origin)], [[], [0, 1, 2]]);
    isFull = false;
    assert.equal(await service.fetchBody(origin, 1), true);
    assert.deepEqual([applied.length, store.gaps(origin)], [1, [0, 2]]);
  });

  it('that two peers bring at once are counted and applied once', async () => {
    const other = { logs: [logOf(...cards)] };
    const { applied, origin, service, store } = await lacking(cards, other);
    await Promise.all([service.fetchBody(origin, 0), service.fetchBody(origin, 0)]);
    assert.equal(applied.length, 1);
    assert.equal(store.state(origin).bytes, bytesOf([cards[0]!, ...without(cards.slice(1)).stored]));
  });

  it('are fetched no further than the quota of their log', async () => {
    const large = Array.from({ length: 20 }, (_, n) => sampleEntry(n, String(n).padEnd(10_000, 'x')));
    const { origin, store, syncWith } = await lacking(
      large,
      { logs: [logOf(...large)] },
      { quotas: { originBytesMax: 100_000 } },
    );
    for (let round = 0; round < 3; round++) await syncWith('other');
    const { bytes } = store.state(origin);
    assert.ok(bytes > 80_000 && bytes <= 100_000, `${bytes} bytes`);
    let held = 0;
    for (let index = 0; index < 20; index++) held += (await store.body(origin, index))?.length ?? 0;
    assert.equal(bytes, held + bytesOf(without(large).stored));
  });

  it('count after a start, and while the log grows', async () => {
    const [first, ...more] = [...cards, cardEntry(40)];
    const { origin, pull, service, store } = await lacking(cards, { logs: [logOf(...cards, more[2]!)] });
    for (const index of [0, 1]) assert.ok(await service.fetchBody(origin, index));
    const now = bytesOf([first!, more[0]!, without([more[1]!]).stored[0]!]);
    assert.equal(store.state(origin).bytes, now);
    const again = await database.store();
    assert.deepEqual(await scrubLogs(again), []);
    assert.deepEqual([again.state(origin).bytes, again.bytes], [now, now]);
    await Promise.all([pull('other', logOf(...cards, more[2]!)), service.fetchBody(origin, 2)]);
    assert.equal(store.state(origin).bytes, bytesOf([...cards, more[2]!]));
  });

  it('that come while an append is written are not forgotten by it', async () => {
    const store = await database.store();
    const { origin, stored } = logOf(cards[0]!);
    const tree = new CompactTree();
    const nodes = tree.append(leafHash(stored[0]!.record));
    const appended = store.append({ origin, from: 0, entries: stored, nodes, tree, checkpoint: null }, 0);
    store.counted(origin, 1_000);
    await appended;
    assert.equal(store.state(origin).bytes, 1_000 + bytesOf(stored));
  });

  it('are let go and come back at their own number of bytes', async () => {
    const { ownLog, store } = await syncWorld(database, new Map());
    const { index, origin } = await ownLog.append(note('one'));
    const [body, before] = [(await store.body(origin, index))!, store.bytes];
    await store.evict(origin, index);
    assert.equal(store.bytes, before - body.length);
    assert.equal(await store.fill(origin, index, body), true);
    assert.equal(store.bytes, before);
    assert.equal(await store.fill(origin, index, body), false);
    assert.equal(store.bytes, before);
  });
});
