// Rounds of anti-entropy: with whom, when, and what one of them does about every log that a peer names.

import assert from 'node:assert/strict';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  decodeSyncMessage,
  encodeSyncMessage,
  HEADS_MAX,
  type SyncMessage,
} from '../../../protocol/sync/index.ts';
import { settled } from '../../support/hand-clock.ts';
import { note, TestDatabase } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { headsQuestion, peerOf, syncWorld, type Talker } from '../../support/sync-world.ts';

const INTERVAL_MS = 15_000;
const logOf = (count: number, seed = 1, first = 0) =>
  new MemoryLog(seed).append(...Array.from({ length: count }, (_, n) => sampleEntry(first + n)));
const manyLogs = (count: number) => Array.from({ length: count }, (_, n) => logOf(1, n + 10));

describe('rounds of anti-entropy', () => {
  let database: TestDatabase;
  let talkers: Map<string, Talker>;
  beforeEach(() => {
    database = new TestDatabase();
    talkers = new Map();
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });
  const world = (peers: Record<string, Talker>, options: Parameters<typeof syncWorld>[2] = {}) => {
    for (const [name, talker] of Object.entries(peers)) talkers.set(name, talker);
    return syncWorld(database, talkers, options);
  };
  const until = async (what: () => boolean) => {
    while (!what()) await settled();
  };

  it('are held with who was compared longest ago, also when that failed, and with who came back', async () => {
    const empty = { logs: [] };
    const gone = {
      logs: [],
      answer: () => Promise.reject(new ZeroError('PEER_UNREACHABLE', 'not there')),
    };
    const { asked, clock, service, settled: proofs } = await world({ a: empty, b: gone, c: empty });
    const next = async () => {
      clock.stand(1_000);
      await service.syncWithSome();
      return asked.at(-1)!.peer;
    };
    assert.deepEqual([await next(), await next(), await next(), await next()], ['a', 'b', 'c', 'a']);
    assert.equal(proofs.length, 4, 'what waits is looked at each time');
    talkers.delete('a');
    assert.equal(await next(), 'b');
    talkers.set('a', empty);
    assert.equal(await next(), 'a');
  });

  it('count from when they began, whole ones only', async () => {
    let isBroken = false;
    const answer = () => {
      clock.stand(5_000);
      if (isBroken) throw new ZeroError('PEER_UNREACHABLE', 'gone');
      return undefined;
    };
    const { clock, counts, service, syncWith } = await world({ a: { logs: [], answer } });
    clock.stand(1_000);
    assert.deepEqual([await syncWith('a'), service.lastRoundAt], [true, 1_000]);
    isBroken = true;
    assert.deepEqual([await syncWith('a'), service.lastRoundAt], [false, 1_000]);
    assert.deepEqual(
      ['ok', 'failed'].map((result) => counts[`zerostate_sync_rounds_total ${result}`]),
      [1, 1],
    );
  });

  it('that ended late count from when they began', async () => {
    let goOn = () => {};
    const held = new Promise<undefined>((resolve) => {
      goOn = () => resolve(undefined);
    });
    const { clock, service, syncWith } = await world({
      a: { logs: [], answer: () => held },
      b: { logs: [] },
    });
    clock.stand(1_000);
    const first = syncWith('a');
    clock.stand(1_000);
    await syncWith('b');
    goOn();
    assert.deepEqual([await first, service.lastRoundAt], [true, 2_000]);
  });

  it('are held with one peer one after the other', async () => {
    const ends: (() => void)[] = [];
    const answer = async () => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return undefined;
    };
    const { asked, syncWith } = await world({ a: { logs: [], answer }, b: { logs: [], answer } });
    const all = ['a', 'a', 'b'].map(syncWith);
    await settled();
    assert.deepEqual(
      asked.map(({ peer }) => peer),
      ['a', 'b'],
    );
    while (ends.length > 0) {
      for (const end of ends.splice(0)) end();
      await settled();
    }
    assert.deepEqual(await Promise.all(all), [true, true, true]);
  });

  it('hold up nobody else where one does not end, and none begins with that peer meanwhile', async () => {
    let goOn = () => {};
    const held = new Promise<undefined>((resolve) => {
      goOn = () => resolve(undefined);
    });
    const { asked, clock, service } = await world({
      slow: { logs: [], answer: () => held },
      b: { logs: [] },
    });
    const seen = () => asked.map(({ peer }) => peer);
    await clock.pass(INTERVAL_MS);
    assert.deepEqual(seen(), ['slow']);
    await clock.pass(59_999);
    assert.deepEqual(seen(), ['slow']);
    await clock.pass(1);
    for (let round = 0; round < 3; round++) {
      await clock.pass(INTERVAL_MS * 1.25);
      await until(() => clock.waiting === 1);
    }
    assert.deepEqual(seen(), ['slow', 'b', 'b', 'b']);
    goOn();
    await settled();
    assert.equal(clock.waiting, 1, 'one round follows, however many have ended');
    await service.stop();
    assert.equal(clock.waiting, 0);
  });

  it('are followed by none when the node has stopped meanwhile', async () => {
    let goOn = () => {};
    const held = new Promise<undefined>((resolve) => {
      goOn = () => resolve(undefined);
    });
    const { clock, service } = await world({ slow: { logs: [], answer: () => held } });
    await clock.pass(INTERVAL_MS);
    await service.stop();
    goOn();
    await settled();
    assert.equal(clock.waiting, 0);
  });

  it('end with a peer that names logs without end', async () => {
    let page = 0;
    const answer = (message: SyncMessage) =>
      message.kind === 'heads-request'
        ? encodeSyncMessage({ kind: 'heads-response', heads: [], resumeAfter: `${1_000_000 + page++}` })
        : undefined;
    const { questions, syncWith } = await world({ a: { logs: [], answer } });
    assert.equal(await syncWith('a'), false);
    assert.equal(questions('heads-request'), 64);
  });

  it('go on through all that a peer names, and end with one that repeats itself', async () => {
    const logs = manyLogs(3).sort((a, b) => (a.origin < b.origin ? -1 : 1));
    const page = (n: number, resumeAfter: string | null) =>
      encodeSyncMessage({ kind: 'heads-response', heads: [logs[n]!.checkpoint], resumeAfter });
    const pages = (message: SyncMessage) => {
      if (message.kind !== 'heads-request') return undefined;
      const n = message.after === null ? 0 : logs.findIndex(({ origin }) => origin === message.after) + 1;
      return page(n, n < 2 ? logs[n]!.origin : null);
    };
    const repeats = (message: SyncMessage) =>
      message.kind === 'heads-request' ? page(0, logs[0]!.origin) : undefined;
    const { questions, store, syncWith } = await world({
      a: { logs, answer: pages },
      b: { logs, answer: repeats },
    });
    assert.equal(await syncWith('a'), true);
    assert.deepEqual([questions('heads-request'), store.states().length], [3, 3]);
    assert.equal(await syncWith('b'), false);
    assert.equal(questions('heads-request', 'b'), 2);
  });

  it('follow at once on one that brought something, and else after the interval', async () => {
    for (const [intervalMs, behindMs] of [
      [INTERVAL_MS, 500],
      [100, 100],
    ] as const) {
      await using own = new TestDatabase();
      const log = logOf(1);
      // One of them is too large to be taken at all: that there is more is no reason to hurry.
      const a: Talker = { logs: [log, new MemoryLog(2).append(sampleEntry(1, 'x'.repeat(40_000)))] };
      const quotas = { originBytesMax: 32_768 };
      const { clock, questions, service, store } = await syncWorld(own, new Map([['a', a]]), {
        intervalMs,
        quotas,
      });
      const rounds = () => questions('heads-request');
      await clock.pass(intervalMs - 1);
      assert.equal(rounds(), 0);
      await clock.pass(1);
      await until(() => store.state(log.origin).size === 1 && clock.waiting === 1);
      await clock.pass(behindMs * 1.25);
      assert.equal(rounds(), 2, 'who is behind catches up');
      await until(() => clock.waiting === 1);
      await clock.pass(intervalMs * 0.75 - 1);
      assert.equal(rounds(), 2);
      await clock.pass(intervalMs * 0.5 + 1);
      assert.equal(rounds(), 3);
      await until(() => clock.waiting === 1);
      await service.stop();
      assert.equal(clock.waiting, 0);
    }
  });

  it('pull every log that can be had, and fail when one could not', async () => {
    const logs = manyLogs(20);
    const bad = logs[3]!.origin;
    const answer = (message: SyncMessage) => {
      if (message.kind === 'tail-request' && message.origin === bad)
        throw new ZeroError('SYNC_REFUSED', 'peer: not this one');
      return undefined;
    };
    const { store, syncWith } = await world({ a: { logs, answer } });
    assert.equal(await syncWith('a'), false);
    assert.equal(store.states().length, 19);
  });

  it('end with a peer that has gone, that lies, or where this node fails: no further log is begun, nor a body asked for', async () => {
    const held = logOf(1, 5);
    const withheld = new MemoryLog(5).append({ ...held.stored[0]!, body: null });
    const [log, lie] = [logOf(3), logOf(3, 1, 50)];
    const wrong = (message: SyncMessage) =>
      message.kind === 'tail-request'
        ? encodeSyncMessage({
            kind: 'tail-response',
            checkpoint: log.checkpoint,
            entries: lie.stored.map((_, n) => ({
              salt: new Uint8Array(16).fill(n),
              body: lie.stored[n]!.body!,
            })),
            proof: [],
            needs: 0,
          })
        : undefined;
    const failing = (error: Error) => (message: SyncMessage) => {
      if (message.kind === 'tail-request') throw error;
      return undefined;
    };
    for (const answer of [
      failing(new ZeroError('PEER_UNREACHABLE', 'gone')),
      failing(new TypeError('a mistake')),
      wrong,
    ]) {
      await using own = new TestDatabase();
      const peers = new Map<string, Talker>([['first', { logs: [withheld] }]]);
      const { pull, questions, syncWith } = await syncWorld(own, peers);
      await pull('first', withheld);
      peers.set('a', { logs: [held, log, ...manyLogs(20)], answer });
      assert.equal(await syncWith('a'), false);
      assert.equal(questions('tail-request', 'a'), 8);
    }
  });

  it('are whole though a log is full or forked, or a body cannot be had', async () => {
    const large = new MemoryLog(2).append(sampleEntry(1, 'x'.repeat(60_000)));
    const [first, second] = [logOf(1, 3), logOf(2, 3, 50)];
    const [held, other] = [logOf(1, 4), logOf(1, 5)];
    const withheld = new MemoryLog(4).append({ ...held.stored[0]!, body: null });
    const answer = (message: SyncMessage) => {
      if (message.kind === 'tail-request' && message.origin === held.origin) throw new Error('not that one');
      return undefined;
    };
    const { counts, forks, store, syncWith } = await world(
      { a: { logs: [first, withheld] }, b: { logs: [large, second, held, other], answer } },
      { quotas: { originBytesMax: 32_768 } },
    );
    assert.deepEqual([await syncWith('a'), await syncWith('b')], [true, true]);
    assert.deepEqual([forks.has(first.origin), store.state(other.origin).size], [true, 1]);
    assert.equal(counts['zerostate_sync_refused_total quota'], 1);
  });

  it('show a fork in a head of the same size, and in an older one, of those that are looked at', async () => {
    const logs = Array.from({ length: 70 }, (_, n) => logOf(2, n + 10));
    const twins = logs.map((_, n) => logOf(n === 0 ? 2 : 1, n + 10, 500));
    const { failed, forks, syncWith } = await world({ a: { logs }, b: { logs: twins } });
    await syncWith('a');
    assert.equal(await syncWith('b'), true);
    assert.equal(forks.has(logs[0]!.origin), true);
    assert.deepEqual([forks.size, failed], [1 + 64, []]);
  });

  it('name what is held whole, and of the own log what is told of', async () => {
    const log = logOf(3);
    const { ask, asked, ownLog, service, syncWith } = await world({ a: { logs: [log] }, b: { logs: [] } });
    await service.pull(peerOf('a'), log.origin, 2);
    await ownLog.append(note('one'));
    const shown = ownLog.state().checkpoint;
    await service.publishHead(ownLog.state(), true);
    service.busy = () => true;
    await ownLog.append(note('two'));
    await service.publishHead(ownLog.state(), false);
    await syncWith('b');
    const { message } = asked.at(-1)!;
    assert.deepEqual(message.kind === 'heads-request' && message.heads, [shown]);
    const answer = decodeSyncMessage(await ask('b', headsQuestion()), ['heads-response']);
    assert.deepEqual([answer.heads, answer.heads.length < HEADS_MAX], [[shown], true]);
  });
});
