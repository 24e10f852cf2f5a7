// An index with another vector engine: cards are safe while it is away, it gets what it missed, loses what it has too much, and is
// not believed.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BackendEngine,
  builtinBackend,
  type CardIndex,
  type IndexBackend,
  openIndex,
} from '../../../index-service/index.ts';
import { refused } from '../../support/agents.ts';
import { cardEntries } from '../../support/card-entries.ts';
import { eventually } from '../../support/cli.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

describe('an index with another vector engine', function () {
  this.timeout(30_000);
  const embedder = wordEmbedder();
  const [bell, rope, clock] = cardEntries([
    { name: 'Bell Founder', description: 'Casts new bells.', region: 'eu' },
    { name: 'Rope Maker', description: 'Makes ropes of hemp.', region: 'us' },
    { name: 'Clock Maker', description: 'Makes clocks of brass.', region: 'eu' },
  ]);
  let dir: string;
  let server: IndexBackend;
  let away = false;
  let index: CardIndex;

  /** A server that outlives the index, and can be away. */
  const engine: BackendEngine = {
    name: 'test engine',
    open: async () => {
      if (away) throw new Error('connection refused');
      return new Proxy(server, {
        get: (target, name: keyof IndexBackend) => {
          if (name === 'close') return async () => {};
          const member = target[name];
          if (typeof member !== 'function') return member;
          return (...args: []) => {
            if (away && name !== 'list') return Promise.reject(new Error('connection reset'));
            if (away) throw new Error('connection reset');
            return (member as () => unknown).apply(target, args);
          };
        },
      });
    },
  };
  const names = async (text: string, filter = {}) =>
    (await index.query({ text, k: 3, filter })).results.map(({ name }) => name);
  const upToDate = () =>
    eventually('the engine', 10_000, async () => {
      const { state, waiting } = index.stats().backend!;
      return state === 'up' && waiting === 0 ? true : undefined;
    });

  beforeEach(async () => {
    away = false;
    server = builtinBackend(embedder.dims);
    dir = await mkdtemp(join(tmpdir(), 'zs-engine-'));
    index = await openIndex({ dir, embedder, engine });
  });
  afterEach(async () => {
    await index.close();
    await server.close();
    await rm(dir, { recursive: true });
  });

  it('finds a card as soon as it is taken, by the engine, and says so', async () => {
    await index.upsertBatch([bell!, rope!]);
    const answer = await index.query({ text: 'bells', k: 1 });
    assert.equal(answer.results[0]!.name, 'Bell Founder');
    assert.deepEqual([answer.mode, answer.partial], ['backend', undefined]);
    await index.remove(bell!.agentId);
    assert.equal(await server.count(), 1);
    index.setReputation(rope!.agentId, 0.9);
    await index.settled();
    assert.deepEqual(await names('ropes', { reputationMin: 0.8 }), ['Rope Maker']);
  });

  it('takes cards while the engine is away, says so to queries, and sends them later', async () => {
    await index.upsertBatch([bell!, rope!]);
    away = true;
    await assert.rejects(index.query({ text: 'bells', k: 1 }), refused('INDEX_BACKEND_DOWN'));
    await index.upsert(clock!);
    await index.remove(rope!.agentId);
    assert.deepEqual([index.stats().cards, index.stats().backend!.state], [2, 'down']);
    away = false;
    await upToDate();
    assert.deepEqual(await names('brass clocks'), ['Clock Maker', 'Bell Founder']);
    assert.equal(await server.count(), 2);
  });

  it('opens with an engine that is away, and sends all that it lost and deletes what it has too much', async () => {
    await index.upsertBatch([bell!, rope!]);
    await index.close();
    const lost = server;
    server = builtinBackend(embedder.dims);
    const other = await openIndex({ dir: join(dir, 'other'), embedder, engine });
    await other.upsert(clock!);
    await other.close();
    await lost.close();
    away = true;
    index = await openIndex({ dir, embedder, engine });
    await assert.rejects(index.query({ text: 'bells', k: 1 }), refused('INDEX_BACKEND_DOWN'));
    away = false;
    await upToDate();
    assert.deepEqual(new Set(await names('bells')), new Set(['Bell Founder', 'Rope Maker']));
    assert.equal(await server.count(), 2);
  });

  it('says that an answer is partial while cards wait', async () => {
    await index.upsert(bell!);
    const { promise, resolve } = Promise.withResolvers<void>();
    const upsert = server.upsert.bind(server);
    server.upsert = async (points) => {
      await promise;
      await upsert(points);
    };
    const taken = index.upsert(rope!);
    await eventually('the card on its way', 10_000, async () =>
      index.stats().backend!.waiting > 0 ? true : undefined,
    );
    assert.equal((await index.query({ text: 'ropes', k: 3 })).partial, true);
    resolve();
    await taken;
    assert.equal((await index.query({ text: 'ropes', k: 3 })).partial, undefined);
  });

  it('shows nothing of an engine that it has not, or that the filter keeps out', async () => {
    await index.upsertBatch([bell!, rope!]);
    server.search = async () => ({
      hits: [
        { id: 'agent-of-nobody', score: 1 },
        { id: rope!.agentId, score: 7 },
        { id: bell!.agentId, score: Number.NaN },
        { id: bell!.agentId, score: 0.5 },
        { id: bell!.agentId, score: 0.4 },
      ],
    });
    assert.deepEqual(await names('bells', { region: 'eu' }), ['Bell Founder']);
    const { results } = await index.query({ text: 'bells', k: 3 });
    assert.deepEqual(
      results.map(({ score }) => score),
      [1, 0.5],
    );
  });

  it('puts a card that the engine does not take aside, and sends the others', async () => {
    const upsert = server.upsert.bind(server);
    const { ZeroError } = await import('../../../protocol/errors/index.ts');
    server.upsert = async (points) => {
      if (points.some(({ id }) => id === rope!.agentId))
        throw new ZeroError('INDEX_CARD_REFUSED', 'no ropes');
      await upsert(points);
    };
    await index.upsertBatch([bell!, rope!, clock!]);
    assert.equal(index.stats().backend!.refused, 1);
    const { results, partial } = await index.query({ text: 'ropes', k: 3 });
    assert.deepEqual([results.length, partial], [2, true]);
  });

  it('keeps the cards over a change of engine and of embedder, and over a compaction', async () => {
    await index.upsertBatch([bell!, rope!]);
    await index.remove(rope!.agentId);
    await index.compact();
    await index.upsert(clock!);
    await index.close();
    index = await openIndex({ dir, embedder });
    assert.deepEqual(await names('bells'), ['Bell Founder', 'Clock Maker']);
    await index.close();
    index = await openIndex({ dir, embedder: wordEmbedder('words/2'), engine });
    assert.deepEqual(await names('brass clocks'), ['Clock Maker', 'Bell Founder']);
    assert.equal(index.stats().embedder, 'words/2');
  });
});
