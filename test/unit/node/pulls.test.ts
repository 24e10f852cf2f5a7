// One log from one peer: what is asked, what is checked before anything is kept, in which order it is kept and told of, and who answers for a lie.

import assert from 'node:assert/strict';
import { parseCheckpoint } from '../../../protocol/log/index.ts';
import {
  CREDIT_BYTES_DEFAULT,
  encodeSyncMessage,
  type SyncMessage,
  TAIL_BYTES_MAX,
  type TailEntry,
} from '../../../protocol/sync/index.ts';
import { refused } from '../../support/agents.ts';
import { settled } from '../../support/hand-clock.ts';
import { honestAnswer } from '../../support/log-answers.ts';
import { faultyDatabase, note, TestDatabase } from '../../support/log-stores.ts';
import { cardEntry, MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { syncWorld, type Talker } from '../../support/sync-world.ts';

const cards = [10, 20, 30].map(cardEntry);
const logOf = (...entries: TailEntry[]) => new MemoryLog(1).append(...entries);
const entriesOf = (count: number, bytes: number, first = 0) =>
  Array.from({ length: count }, (_, n) => sampleEntry(first + n, String(first + n).padEnd(bytes, 'x')));
const tails = (asked: { message: SyncMessage }[]) =>
  asked.flatMap(({ message }) => (message.kind === 'tail-request' ? [message] : []));

describe('a log that is pulled', () => {
  let database: TestDatabase;
  beforeEach(() => {
    database = new TestDatabase();
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });
  const world = (talkers: Record<string, Talker>, options: Parameters<typeof syncWorld>[2] = {}) =>
    syncWorld(database, new Map(Object.entries(talkers)), options);

  it('comes in parts, is applied as it is stored, and is not asked for again', async () => {
    const log = logOf(cards[0]!, ...entriesOf(30, 60_000), cards[1]!);
    const { applied, asked, grown, pull, store } = await world({ a: { logs: [log] } });
    await pull('a', log);
    const { checkpoint, size } = store.state(log.origin);
    assert.deepEqual([checkpoint, size], [log.checkpoint, 32]);
    assert.deepEqual(
      applied.map(({ live, position }) => [live, position.origin, position.index]),
      [
        [true, log.origin, 0],
        [true, log.origin, 31],
      ],
    );
    assert.equal(tails(asked).length, 2);
    assert.deepEqual(grown, [log.origin, log.origin]);
    await pull('a', log);
    assert.equal(asked.length, 2);
  });

  it('whose peer goes away in the middle is no whole log, and goes on with another', async () => {
    const log = logOf(...entriesOf(30, 60_000));
    const talkers: Record<string, Talker> = { a: { logs: [log] }, b: { logs: [log] } };
    let parts = 0;
    talkers.a = {
      logs: [log],
      answer: () => {
        if (++parts > 1) throw new Error('gone');
        return undefined;
      },
    };
    const { asked, pull, store } = await world(talkers);
    await assert.rejects(pull('a', log), /gone/);
    const { checkpoint, size } = store.state(log.origin);
    assert.equal(checkpoint, '', 'its head is kept with its last entry');
    assert.ok(size > 10 && size < 30);
    await pull('b', log);
    assert.equal(store.state(log.origin).checkpoint, log.checkpoint);
    assert.deepEqual(tails(asked.slice(2))[0]?.from, size);
  });

  it('that grew meanwhile is taken as far as it was wanted, and the head of that is taken when a peer has it', async () => {
    const [one, two, three] = [1, 2, 3].map((count) => logOf(...cards.slice(0, count)));
    const { asked, pull, service, store } = await world({
      older: { logs: [one!] },
      newer: { logs: [three!] },
      exact: { logs: [two!] },
    });
    const { origin } = one!;
    await pull('older', one!);
    asked.length = 0;
    await pull('newer', two!);
    assert.deepEqual([store.state(origin).size, store.state(origin).checkpoint], [2, one!.checkpoint]);
    assert.deepEqual(
      tails(asked).map(({ from, to }) => [from, to]),
      [
        [1, 2],
        [2, 2],
      ],
    );
    // Who wants less than is here asks for no more than the head.
    await service.pull(asPeer('newer'), origin, 1);
    assert.deepEqual([tails(asked).at(-1)!.from, tails(asked).at(-1)!.to], [2, 2]);
    await pull('exact', two!);
    assert.equal(store.state(origin).checkpoint, two!.checkpoint);
  });

  it('is pulled by one at a time, from whomever', async () => {
    const log = logOf(...cards);
    const { asked, pull } = await world({ a: { logs: [log] }, b: { logs: [log] } });
    await Promise.all([pull('a', log), pull('b', log)]);
    assert.equal(asked.length, 1);
  });

  it('grants a large entry what it needs, and no more than any entry can', async () => {
    const log = logOf(sampleEntry(1), sampleEntry(2, 'x'.repeat(1_048_000)), sampleEntry(3));
    const { asked, pull, store } = await world({ a: { logs: [log] } });
    await pull('a', log);
    assert.equal(store.state(log.origin).size, 3);
    assert.deepEqual(
      tails(asked).map(({ credit }) => credit),
      [CREDIT_BYTES_DEFAULT, CREDIT_BYTES_DEFAULT, TAIL_BYTES_MAX],
    );
  });

  it('whose peer says that it needs more than any entry can is asked of it no more', async () => {
    const log = logOf(...cards);
    const answer = () =>
      encodeSyncMessage({
        kind: 'tail-response',
        checkpoint: log.checkpoint,
        entries: [],
        proof: [],
        needs: TAIL_BYTES_MAX + 1,
      });
    const { asked, failed, pull } = await world({ a: { logs: [log], answer } });
    await assert.rejects(pull('a', log), refused('SYNC_REFUSED'));
    assert.deepEqual(failed, ['a']);
    await pull('a', log);
    assert.equal(asked.length, 1);
  });

  it('that comes in crumbs is given up, and its peer answers for it; what came stays, and an honest peer has the rest', async () => {
    const log = logOf(...entriesOf(200, 400));
    const cut = async (message: SyncMessage, entries: number) =>
      message.kind === 'tail-request'
        ? await honestAnswer([log], { ...message, to: Math.min(message.to, message.from + entries) })
        : undefined;
    const { failed, pull, questions, store } = await world({
      crumbs: { logs: [log], answer: (message) => cut(message, 1) },
      honest: { logs: [log] },
    });
    await assert.rejects(pull('crumbs', log), refused('SYNC_REFUSED'));
    assert.deepEqual(failed, ['crumbs']);
    assert.equal(questions('tail-request'), 18, 'the first is no crumb yet, and sixteen are forgiven');
    assert.equal(store.state(log.origin).size, 18);
    await pull('honest', log);
    assert.equal(store.state(log.origin).size, 200);
  });

  it('is not taken for crumbs where its parts are full: of many small entries, or before large ones', async () => {
    const small = entriesOf(1_025 * 3, 1);
    const large = Array.from({ length: 30 }, (_, n) => [
      sampleEntry(n),
      sampleEntry(100 + n, String(n).padEnd(1_047_000, 'x')),
    ]).flat();
    for (const [seed, entries] of [
      [1, small],
      [2, large],
    ] as const) {
      const log = new MemoryLog(seed).append(...entries);
      const { failed, pull, store } = await world({ a: { logs: [log] } });
      await pull('a', log);
      assert.deepEqual([store.state(log.origin).size, failed], [entries.length, []]);
    }
  });

  it('that is not the signed one is refused whole, and its peer is asked no more', async () => {
    const log = logOf(...cards);
    const lies = logOf(cards[0]!, cards[2]!, cards[1]!);
    const answer = async (message: SyncMessage) => {
      const bytes = await honestAnswer([lies], message);
      return message.kind === 'tail-request' ? withHead(bytes, lies.checkpoint, log.checkpoint) : bytes;
    };
    const { applied, counts, failed, forks, pull, questions, store } = await world({
      a: { logs: [log], answer },
    });
    await assert.rejects(pull('a', log), refused('PROOF_INVALID'));
    assert.deepEqual([store.state(log.origin).size, applied, failed, forks.size], [0, [], ['a'], 0]);
    assert.equal(counts['zerostate_sync_refused_total bad-tail'], 1);
    await pull('a', log);
    assert.equal(questions('tail-request'), 1);
    assert.equal(questions('consistency-request'), 0, 'nothing is held that could be forked');
  });

  it('that does not go on from what is held is forked when its signatures say so, and its bringer no liar', async () => {
    const first = logOf(cards[0]!);
    const second = logOf(cards[1]!, cards[2]!);
    const { failed, forks, grown, pull, questions, store } = await world({
      a: { logs: [first] },
      b: { logs: [second] },
    });
    await pull('a', first);
    await assert.rejects(pull('b', second), refused('LOG_FORKED'));
    assert.deepEqual([forks.has(first.origin), failed, store.state(first.origin).size], [true, [], 1]);
    assert.equal(questions('consistency-request'), 1);
    const before = questions('tail-request');
    await pull('b', second);
    assert.deepEqual([questions('tail-request'), grown.length], [before, 1], 'nothing more is taken from it');
  });

  it('whose peer cannot show the fork that its tail would mean is a liar’s', async () => {
    const first = logOf(cards[0]!);
    const second = logOf(cards[1]!, cards[2]!);
    const answer = (message: SyncMessage) => {
      if (message.kind === 'consistency-request') throw new Error('no');
      return undefined;
    };
    const { failed, forks, pull } = await world({ a: { logs: [first] }, b: { logs: [second], answer } });
    await pull('a', first);
    await assert.rejects(pull('b', second), refused('PROOF_INVALID'));
    assert.deepEqual([forks.size, failed], [0, ['b']]);
  });

  it('that is false in another way costs no further question', async () => {
    const first = logOf(cards[0]!);
    const longer = logOf(...cards);
    const answer = async (message: SyncMessage) =>
      withHead(await honestAnswer([longer], message), longer.checkpoint, unsigned(longer.checkpoint));
    const { failed, pull, questions } = await world({ a: { logs: [first] }, b: { logs: [longer], answer } });
    await pull('a', first);
    await assert.rejects(pull('b', longer), refused('SIGNATURE_INVALID'));
    assert.deepEqual([failed, questions('consistency-request')], [['b'], 0]);
  });

  it('is taken no further than its quota, nor further than that of all logs', async () => {
    const log = logOf(...entriesOf(40, 4_000));
    const other = new MemoryLog(2).append(...entriesOf(1, 40_000));
    for (const quotas of [{ originBytesMax: 65_536 }, { totalBytesMax: 65_536 + 40_300 }]) {
      await using own = new TestDatabase();
      const talkers = new Map([['a', { logs: [log, other] }]]);
      const { asked, counts, pull, store } = await syncWorld(own, talkers, { quotas });
      await pull('a', other);
      await assert.rejects(pull('a', log), refused('QUOTA_EXCEEDED'));
      const { bytes } = store.state(log.origin);
      assert.ok(bytes > 65_536 - 16_384 - 500 && bytes <= 65_536, `${bytes} bytes`);
      assert.ok(tails(asked.slice(1)).every(({ credit }) => credit <= 65_536 + 100));
      assert.equal(counts['zerostate_sync_refused_total quota'], 1);
    }
  });

  it('may take what is left of its quota to the smallest answer', async () => {
    const log = logOf(sampleEntry(1));
    const { asked, pull, store } = await world(
      { a: { logs: [log] } },
      { quotas: { originBytesMax: 16_384 } },
    );
    await pull('a', log);
    assert.deepEqual([tails(asked)[0]!.credit, store.state(log.origin).size], [16_384, 1]);
  });

  it('of an entry that its quota has no room for is taken up to there', async () => {
    const log = logOf(sampleEntry(1, 'x'.repeat(40_000)));
    const { failed, pull } = await world({ a: { logs: [log] } }, { quotas: { originBytesMax: 32_768 } });
    await assert.rejects(pull('a', log), refused('QUOTA_EXCEEDED'));
    assert.deepEqual(failed, []);
  });

  it('of which a peer sends more than it was granted is refused, however true', async () => {
    const log = logOf(...entriesOf(40, 4_000));
    const answer = (message: SyncMessage) =>
      message.kind === 'tail-request' ? honestAnswer([log], { ...message, credit: 2 ** 20 }) : undefined;
    const { failed, pull, store } = await world(
      { a: { logs: [log], answer } },
      { quotas: { originBytesMax: 65_536 } },
    );
    await assert.rejects(pull('a', log), refused('CREDIT_EXCEEDED'));
    assert.deepEqual([failed, store.state(log.origin).size], [['a'], 0]);
  });

  it('is applied and told of only when it is on disk', async () => {
    const log = logOf(...cards);
    let isFull = true;
    const db = faultyDatabase(await database.open(), () => isFull);
    const talkers = { a: { logs: [log] } };
    isFull = false;
    const { applied, failed, grown, pull, store } = await world(talkers, { db });
    isFull = true;
    await assert.rejects(pull('a', log), refused('STORAGE_FAILED'));
    assert.deepEqual([applied, grown, failed, store.state(log.origin).size], [[], [], [], 0]);
    isFull = false;
    await pull('a', log);
    assert.equal(applied.length, 3);
  });

  it('of this node is taken back whatever the quotas are', async () => {
    const log = new MemoryLog(7).append(...entriesOf(30, 4_000));
    const quotas = { originBytesMax: 16_384, totalBytesMax: 16_384 };
    const { ownLog, pull } = await world({ a: { logs: [log] } }, { quotas });
    await pull('a', log);
    assert.deepEqual([ownLog.origin, ownLog.state().size], [log.origin, 30]);
  });

  it('of this node is asked for only when some of it was lost, and nothing is appended meanwhile', async () => {
    let goOn = () => {};
    const answer = () =>
      new Promise<Uint8Array>((_, reject) => {
        goOn = () => reject(new Error('not held'));
      });
    const { asked, ownLog, service } = await world({ a: { logs: [], answer } });
    await ownLog.append(note('one'));
    await service.pull(asPeer('a'), ownLog.origin, 1);
    assert.equal(asked.length, 0);
    const pulling = assert.rejects(service.pull(asPeer('a'), ownLog.origin, 2), /not held/);
    await settled();
    assert.equal(asked.length, 1);
    const appended = ownLog.append(note('two'));
    // The disk is busy for longer than one append takes.
    const db = await database.open();
    for (let n = 0; n < 5; n++) await db.batch().put('aside', 'x').write({ sync: true });
    assert.equal(await Promise.race([appended, settled()]), undefined, 'it waits for the answer');
    goOn();
    await pulling;
    assert.equal((await appended).index, 1);
  });
});

const asPeer = (name: string) => ({ toString: () => name }) as never;

/** The message with another head in place of its own, of the same length. */
function withHead(bytes: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  return new Uint8Array(
    Buffer.from(Buffer.from(bytes).toString('latin1').replace(asLatin(from), asLatin(to)), 'latin1'),
  );
}

const asLatin = (text: string) => Buffer.from(text).toString('latin1');

/** The same head with a signature that does not fit it. */
function unsigned(checkpoint: string): string {
  assert.ok(parseCheckpoint(checkpoint).size > 0);
  return checkpoint.replace(
    /([A-Za-z])([A-Za-z0-9+/]{8}=*\n)$/,
    (_, one: string, rest: string) => `${one === 'A' ? 'B' : 'A'}${rest}`,
  );
}
