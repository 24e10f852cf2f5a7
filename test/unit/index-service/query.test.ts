// What a query may ask, what an answer says, and what is refused.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CardFilter, type CardIndex, type CardQuery, openIndex } from '../../../index-service/index.ts';
import { FILTER_NODES_MAX, QUERY_TEXT_MAX } from '../../../index-service/limits.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { cardEntries, cardEntry } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const EMBEDDER = wordEmbedder();

describe('queries of the index', () => {
  let dir: string;
  let index: CardIndex;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-query-'));
    index = await openIndex({ dir, embedder: EMBEDDER });
    const seen: [number, number][] = [];
    const entries = cardEntries([
      {
        name: 'Windrose',
        description: 'weather of a village',
        region: 'eu-west',
        tags: ['weather'],
        prices: [],
      },
      {
        name: 'Ferryman',
        description: 'translates letters',
        region: 'us-east',
        tags: ['language'],
        prices: [{ unit: 'request', amount: '700', currency: 'EUR' }],
      },
      {
        name: 'Tally',
        description: 'counts words of letters',
        region: 'eu-west',
        tags: ['language', 'wasm'],
        sla: 'premium',
      },
    ]);
    await index.upsertBatch(entries, (done, total) => seen.push([done, total]));
    assert.deepEqual(seen, [[3, 3]]);
  });
  after(async () => {
    await index.close();
    await rm(dir, { recursive: true });
  });

  const names = async (query: Partial<CardQuery>) =>
    (await index.query({ text: 'letters', k: 10, ...query })).results.map(({ name }) => name);

  it('says mode, recall, matches and embedder', async () => {
    const answer = await index.query({ text: 'letters', k: 2 });
    assert.equal(answer.results.length, 2);
    const { mode, recall, matched, embedder, rough } = answer;
    assert.deepEqual(
      { mode, recall, matched, embedder, rough },
      { mode: 'exact', recall: 1, matched: 3, embedder: EMBEDDER.id, rough: false },
    );
    for (const { score } of answer.results) assert.ok(score >= 0 && score <= 1);
  });

  it('answers only what passes the filter', async () => {
    assert.deepEqual((await names({ filter: { region: 'eu-west' } })).sort(), ['Tally', 'Windrose']);
    assert.deepEqual(
      await names({ filter: { tagsAll: ['language'], priceMax: { amount: '700', currency: 'EUR' } } }),
      ['Ferryman'],
    );
    assert.deepEqual(await names({ filter: { notExpiredAt: Date.parse('2030-01-01T00:00:00Z') } }), []);
    index.setReputation(makeAgent(1).agentId, 0.9);
    assert.deepEqual(await names({ filter: { reputationMin: 0.8 } }), ['Windrose']);
  });

  it('raises a card that shares a rare word with the text, by a fifth of what is missing', async () => {
    const vector = await EMBEDDER.embed('weather of a village');
    const scoreOf = async (text?: string) => {
      const { results } = await index.query({
        ...(text !== undefined && { text }),
        vector,
        embedder: EMBEDDER.id,
        k: 10,
      });
      return results.find(({ name }) => name === 'Windrose')!.score;
    };
    const plain = await scoreOf();
    assert.ok(Math.abs((await scoreOf('windrose')) - (1 - (1 - plain) * 0.8)) < 1e-6);
    assert.ok(Math.abs((await scoreOf('unheard')) - plain) < 1e-6);
    // An unknown word beside it holds the known one back.
    const half = await scoreOf('windrose unheard');
    assert.ok(half > plain && half < (await scoreOf('windrose')));
  });

  it('keeps a reputation over a new version of the card', async () => {
    await index.upsert(
      cardEntry(makeAgent(1), { name: 'Windrose', tags: [], prices: [] }, { sequence: 2, previous: null }),
    );
    assert.deepEqual(await names({ filter: { reputationMin: 0.8 } }), ['Windrose']);
  });

  it('takes vectors of its own embedder only', async () => {
    const vector = await EMBEDDER.embed('letters');
    const { results } = await index.query({ vector, embedder: EMBEDDER.id, k: 1 });
    assert.equal(results.length, 1);
    await assert.rejects(index.query({ vector, embedder: 'words/0', k: 1 }), refused('EMBEDDER_MISMATCH'));
    await assert.rejects(index.query({ text: 'x', embedder: 'words/0', k: 1 }), refused('EMBEDDER_MISMATCH'));
    await assert.rejects(index.query({ vector, k: 1 }), refused('INDEX_QUERY_INVALID'));
    await assert.rejects(
      index.query({ vector: vector.subarray(1), embedder: EMBEDDER.id, k: 1 }),
      refused('INDEX_QUERY_INVALID'),
    );
    await assert.rejects(
      index.query({ vector: vector.map(() => Number.NaN), embedder: EMBEDDER.id, k: 1 }),
      refused('INDEX_QUERY_INVALID'),
    );
  });

  it('refuses what is out of bounds or unknown', async () => {
    let deep: CardFilter = {};
    for (let i = 0; i <= FILTER_NODES_MAX; i++) deep = { not: deep };
    const bad: Partial<CardQuery>[] = [
      { k: 0 },
      { k: 1.5 },
      { k: 1_001 },
      { text: '' },
      { text: 'x'.repeat(QUERY_TEXT_MAX + 1) },
      { filter: deep },
      { filter: [] as unknown as CardFilter },
      { filter: { colour: 'red' } as unknown as CardFilter },
      { filter: { tagsAny: 'wasm' } as unknown as CardFilter },
      { filter: { tagsAny: Array.from({ length: 1_025 }, String) } },
      { filter: { region: [1] } as unknown as CardFilter },
      { filter: { sla: 'gold' } as unknown as CardFilter },
      { filter: { notExpiredAt: Number.NaN } },
      { filter: { priceMax: { amount: '1.5', currency: 'EUR' } } },
      { filter: { priceMax: { amount: '1', currency: 'EUR', unit: 'hour' } } as unknown as CardFilter },
      { filter: { or: { region: 'x' } } as unknown as CardFilter },
      { filter: { __proto__: null, constructor: 1 } as unknown as CardFilter },
    ];
    for (const query of bad) {
      await assert.rejects(
        index.query({ text: 'x', k: 1, ...query }),
        refused('INDEX_QUERY_INVALID'),
        JSON.stringify(query),
      );
    }
    await assert.rejects(index.query({ k: 1 }), refused('INDEX_QUERY_INVALID'));
  });

  it('refuses a card of another agent', async () => {
    const entry = cardEntry(makeAgent(9));
    await assert.rejects(
      index.upsert({ ...entry, agentId: makeAgent(8).agentId }),
      refused('INDEX_CARD_REFUSED'),
    );
  });
});
