// Gossiped heads: what came with one is taken, what did not is asked of who passed it on, and it is passed on only when its entries are here.

import assert from 'node:assert/strict';
import { HEADS_BYTES_PER_PEER_MAX, HeadsUnderWay } from '../../../node/sync/heads-under-way.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { encodeEquivocation, verifyEquivocation } from '../../../protocol/log/index.ts';
import { answerTail, decodeSyncMessage, type SyncMessage } from '../../../protocol/sync/index.ts';
import { refused } from '../../support/agents.ts';
import { settled } from '../../support/hand-clock.ts';
import { honestAnswer } from '../../support/log-answers.ts';
import { note, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { syncWorld, type Talker } from '../../support/sync-world.ts';

const PUSH_BYTES_MAX = 49_152;
const logOf = (count: number, seed = 1, first = 0) =>
  new MemoryLog(seed).append(...Array.from({ length: count }, (_, n) => sampleEntry(first + n)));
/** A head with its entries from an index on, as gossip brings it. */
const pushed = (log: MemoryLog, from: number) =>
  answerTail(
    { kind: 'tail-request', origin: log.origin, from, to: log.stored.length, credit: PUSH_BYTES_MAX },
    log,
  );

describe('a gossiped head', () => {
  let database: TestDatabase;
  beforeEach(() => {
    database = new TestDatabase();
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });
  const world = (talkers: Record<string, Talker>) => syncWorld(database, new Map(Object.entries(talkers)));

  /** Has a peer serve a log only when the test lets it. */
  function slow(log: MemoryLog) {
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const answer = async (message: SyncMessage) => {
      await gate;
      return await honestAnswer([log], message);
    };
    return { talker: { logs: [log], answer }, goOn };
  }

  it('whose entries came along is passed on without a question', async () => {
    const { asked, gossip, grown, store } = await world({ a: { logs: [] } });
    assert.equal(await gossip('a', await pushed(logOf(3), 0)), 'accept');
    assert.equal(await gossip('a', await pushed(logOf(5), 3)), 'accept');
    const { origin, checkpoint } = logOf(5);
    assert.equal(store.state(origin).checkpoint, checkpoint);
    assert.deepEqual([asked, grown.length], [[], 2]);
  });

  it('whose entries came along and do not go on from what is here is pulled instead', async () => {
    for (const held of [0, 1]) {
      await using own = new TestDatabase();
      const talkers = new Map([['a', { logs: [logOf(5)] }]]);
      const { failed, gossip, questions, store } = await syncWorld(own, talkers);
      if (held > 0) await gossip('a', await pushed(logOf(held), 0));
      assert.equal(await gossip('a', await pushed(logOf(5), 3)), 'accept');
      assert.deepEqual([questions('tail-request'), store.state(logOf(5).origin).size], [1, 5]);
      assert.deepEqual(failed, []);
    }
  });

  it('whose entries came along waits for a pull of that log that is under way', async () => {
    const { goOn, talker } = slow(logOf(2));
    const { gossip, pull, store } = await world({ a: talker, b: { logs: [] } });
    const pulled = pull('a', logOf(2));
    await settled();
    const heard = gossip('b', await pushed(logOf(3), 2));
    goOn();
    await pulled;
    assert.equal(await heard, 'accept');
    assert.equal(store.state(logOf(3).origin).checkpoint, logOf(3).checkpoint);
  });

  it('whose log is found forked while it waits is not taken any more', async () => {
    const { goOn, talker } = slow(logOf(2));
    const { forks, gossip, pull, store } = await world({ a: talker, b: { logs: [] } });
    const pulled = pull('a', logOf(2));
    await settled();
    const heard = gossip('b', await pushed(logOf(3), 2));
    const [first, second] = [logOf(2).checkpoint, logOf(2, 1, 40).checkpoint];
    await forks.add(verifyEquivocation({ first, second, proof: [] }));
    goOn();
    await pulled;
    assert.deepEqual([await heard, store.state(logOf(3).origin).size], ['ignore', 2]);
  });

  it('of a log that has used up its quota is not taken', async () => {
    const logs = [1, 2].map((count) =>
      new MemoryLog(1).append(
        ...Array.from({ length: count }, (_, n) => sampleEntry(n, String(n).padEnd(20_000, 'x'))),
      ),
    );
    for (const originBytesMax of [32_768, 38_000]) {
      await using own = new TestDatabase();
      const talkers = new Map([['a', { logs: logs.slice(1) }]]);
      const { gossip, store } = await syncWorld(own, talkers, { quotas: { originBytesMax } });
      assert.equal(await gossip('a', await pushed(logs[0]!, 0)), 'accept');
      assert.equal(await gossip('a', await pushed(logs[1]!, 1)), 'ignore');
      assert.equal(store.state(logs[0]!.origin).size, 1);
    }
  });

  it('that is as long as what is held without its head is pulled for that', async () => {
    const { gossip, pull, questions, store } = await world({
      newer: { logs: [logOf(3)] },
      exact: { logs: [logOf(2)] },
    });
    await pull('newer', logOf(2));
    assert.equal(store.state(logOf(2).origin).checkpoint, '');
    assert.equal(await gossip('exact', logOf(2).checkpoint), 'accept');
    assert.equal(store.state(logOf(2).origin).checkpoint, logOf(2).checkpoint);
    assert.equal(questions('tail-request', 'exact'), 1);
  });

  it('whose entries came along and are false costs its bringer, and is not passed on', async () => {
    const { failed, gossip, held, questions, store } = await world({ a: { logs: [logOf(3)] } });
    const [text, lies] = [logOf(3).checkpoint, logOf(3, 1, 7)];
    const latin = (bytes: string | Uint8Array) => Buffer.from(bytes as string).toString('latin1');
    const bytes = latin(await pushed(lies, 0)).replace(latin(lies.checkpoint), latin(text));
    assert.equal(await gossip('a', Buffer.from(bytes, 'latin1')), 'ignore');
    const { origin } = lies;
    assert.deepEqual([failed, questions('tail-request'), store.state(origin).size], [['a'], 0, 0]);
    assert.deepEqual(held, [`${origin} a`], 'somebody else may have its entries');
    assert.equal(await gossip('a', logOf(4).checkpoint), 'ignore', 'a liar is not listened to');
    assert.equal(questions('tail-request'), 0);
  });

  it('alone is pulled from who passed it on, and waits in quarantine when that fails', async () => {
    const { gossip, held, questions, store } = await world({ a: { logs: [logOf(2)] } });
    const { checkpoint, origin } = logOf(2);
    assert.equal(await gossip('nobody', checkpoint), 'ignore');
    assert.deepEqual(held, [`${origin} nobody`]);
    assert.equal(await gossip('a', checkpoint), 'accept');
    assert.equal(store.state(origin).checkpoint, checkpoint);
    // The peer has no more than it gave: it promised in vain.
    assert.equal(await gossip('a', logOf(3).checkpoint), 'ignore');
    assert.deepEqual([store.state(origin).size, questions('tail-request', 'a')], [2, 2]);
  });

  it('leaves quarantine when its entries have come by another way', async () => {
    const { pull, service, settled: proofs } = await world({ a: { logs: [logOf(2)] } });
    await pull('a', logOf(2));
    await service.syncWithSome();
    const { origin } = logOf(2);
    const judged = [1, 2, 3].map((size) =>
      proofs[0]?.({ name: origin, bytes: utf8(logOf(size).checkpoint) }),
    );
    assert.deepEqual(judged, ['proven', 'proven', 'unproven']);
  });

  it('that failed by a fault of this node is no verdict on anybody', async () => {
    const talkers = { a: { logs: [], answer: () => Promise.reject(new TypeError('a mistake')) } };
    const { gossip, held } = await world(talkers);
    await assert.rejects(gossip('a', logOf(2).checkpoint), /a mistake/);
    assert.deepEqual(held, []);
  });

  it('of the own log, and one that is held, says nothing, and one that nobody signed is refused', async () => {
    const { asked, gossip, pull, service } = await world({ a: { logs: [logOf(2), logOf(2, 7)] } });
    let cosigned = 0;
    service.onCosigned = async () => ++cosigned > 0;
    assert.equal(await gossip('a', logOf(2, 7).checkpoint), 'ignore');
    await pull('a', logOf(2));
    const before = asked.length;
    assert.equal(await gossip('a', logOf(2).checkpoint), 'ignore');
    assert.equal(cosigned, 0);
    for (const size of [2, 3]) {
      const text = logOf(1).checkpoint.replace(/\n1\n/, `\n${size}\n`);
      await assert.rejects(async () => await gossip('a', text), refused('SIGNATURE_INVALID'));
    }
    assert.equal(asked.length, before);
  });

  it('that is older or as old shows a fork, which is told to everybody and ends the log', async () => {
    for (const size of [1, 2]) {
      await using own = new TestDatabase();
      const talkers = new Map([['a', { logs: [logOf(2), logOf(9)] }]]);
      const { asked, forks, gossip, pull, published, service } = await syncWorld(own, talkers);
      let cosigned = 0;
      service.onCosigned = async () => ++cosigned > 0;
      await pull('a', logOf(2));
      assert.equal(await gossip('a', logOf(1).checkpoint), cosigned === 0 ? 'ignore' : 'accept');
      cosigned = 0;
      assert.equal(await gossip('a', logOf(size, 1, 40).checkpoint), 'ignore');
      assert.equal(cosigned, 0, 'nobody cosigns a forked log');
      const { origin } = logOf(2);
      const [evidence] = published;
      assert.deepEqual([forks.has(origin), published.length], [true, 1]);
      assert.deepEqual(evidence?.data, encodeEquivocation(forks.get(origin)!));
      const before = asked.length;
      assert.equal(await gossip('a', logOf(9).checkpoint), 'ignore');
      assert.equal(asked.length, before, 'nothing more of it is pulled');
    }
  });

  it('that is known is passed on when it brings a cosignature that is news, and then alone', async () => {
    const { gossip, pull, service } = await world({ a: { logs: [logOf(2)] } });
    const seen: number[] = [];
    let isNews = true;
    service.onCosigned = async ({ size }) => {
      seen.push(size);
      return isNews;
    };
    await pull('a', logOf(2));
    assert.equal(await gossip('a', logOf(1).checkpoint), 'accept');
    isNews = false;
    assert.equal(await gossip('a', logOf(1).checkpoint), 'ignore');
    assert.equal(await gossip('a', await pushed(logOf(3), 2)), 'accept');
    assert.deepEqual(seen, [1, 1, 3], 'one that is new is looked at when its entries are here');
  });

  it('of a burst is followed when it is the newest, and one at a time', async () => {
    const { goOn, talker } = slow(logOf(4));
    const { asked, gossip, store } = await world({ a: talker });
    const verdicts = [gossip('a', logOf(1).checkpoint)];
    await settled();
    verdicts.push(...[3, 2, 4, 3].map((size) => gossip('a', logOf(size).checkpoint)));
    await settled();
    assert.equal(asked.length, 1);
    goOn();
    // The first was under way before the others came. The newest brings all that the others promise.
    const all = await Promise.all(verdicts);
    assert.deepEqual([all[1], all[2]], ['ignore', 'ignore']);
    assert.equal(all[3], 'accept');
    assert.equal(store.state(logOf(1).origin).checkpoint, logOf(4).checkpoint);
    const followed = asked.flatMap(({ message }) => (message.kind === 'tail-request' ? [message.to] : []));
    assert.deepEqual([...new Set(followed)], [1, 4]);
  });

  it('that failed is followed when it is heard again', async () => {
    const talkers: Record<string, Talker> = { a: { logs: [] } };
    const all = new Map(Object.entries(talkers));
    const { gossip, questions } = await syncWorld(database, all);
    assert.equal(await gossip('nobody', logOf(4).checkpoint), 'ignore');
    all.set('a', { logs: [logOf(3)] });
    assert.equal(await gossip('a', logOf(3).checkpoint), 'accept', 'the larger one that failed is forgotten');
    assert.equal(questions('tail-request', 'a'), 1);
  });
});

describe('evidence of a fork that is gossiped', () => {
  it('is kept and passed on once, where the log is held and the evidence holds', async () => {
    await using database = new TestDatabase();
    const { forks, gossip, pull, published } = await syncWorld(
      database,
      new Map([['a', { logs: [logOf(2)] }]]),
    );
    const evidence = {
      origin: logOf(2).origin,
      first: logOf(2).checkpoint,
      second: logOf(2, 1, 40).checkpoint,
    };
    const bytes = encodeEquivocation(verifyEquivocation({ ...evidence, proof: [] }));
    assert.equal(await gossip('a', bytes), 'ignore');
    assert.equal(forks.size, 0, 'of a log that nobody here has heard of');
    await pull('a', logOf(2));
    const text = Buffer.from(bytes).toString();
    const forged = Buffer.from(text.replace(/\\n2\\n/, '\\n3\\n'));
    assert.notEqual(forged.toString(), text);
    await assert.rejects(async () => await gossip('a', forged));
    assert.equal(forks.size, 0);
    assert.equal(await gossip('a', bytes), 'accept');
    assert.equal(await gossip('a', bytes), 'ignore');
    assert.deepEqual([forks.size, published.length], [1, 1]);
  });
});

describe('a head of the own log', () => {
  it('takes its new entries along when all of them fit, and goes alone when not', async () => {
    await using database = new TestDatabase();
    const { ownLog, published, service } = await syncWorld(database, new Map());
    const tell = async (...texts: string[]) => {
      await Promise.all(texts.map((text) => ownLog.append(note(text))));
      await service.publishHead(ownLog.state(), true);
      const { data } = published.at(-1)!;
      return data[0]! < 0x80 ? 'head' : decodeSyncMessage(data, ['tail-response']).entries.length;
    };
    assert.equal(await tell('one', 'two'), 2);
    assert.equal(await tell('three'), 1);
    assert.equal(await tell('x'.repeat(30_000), 'y'.repeat(30_000)), 'head');
    await service.publishHead(ownLog.state(), true);
    assert.ok(published.at(-1)!.data[0]! < 0x80, 'with nothing new it goes alone');
    const told = published.length;
    service.busy = () => true;
    await ownLog.append(note('four'));
    await service.publishHead(ownLog.state(), false);
    assert.equal(published.length, told);
    await service.stop();
    assert.equal(published.length, told + 1, 'what was held back is told when the node stops');
  });
});

describe('heads under way', () => {
  it('of one peer are followed up to exactly so many bytes', async () => {
    const heads = new HeadsUnderWay();
    const fits = HEADS_BYTES_PER_PEER_MAX - 2_048;
    assert.equal(await heads.run('a', fits, async () => 1), 1);
    assert.equal(await heads.run('a', fits + 1, async () => 1), undefined);
  });
});
