// The promise of the index in one picture: a question that shares no word with a card still finds it.

import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CardEntry,
  type CardIndex,
  defaultEmbedder,
  type Embedder,
  openIndex,
} from '../../../index-service/index.ts';
import { exampleCards } from '../../support/example-cards.ts';

describe('find by meaning among the example cards', () => {
  let dir: string;
  let embedder: Embedder;
  let index: CardIndex;
  let cards: Map<string, CardEntry>;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-index-'));
    embedder = await defaultEmbedder();
    index = await openIndex({ dir, embedder });
    cards = exampleCards();
    await index.upsertBatch([...cards.values()]);
  });

  after(async () => {
    await index.close();
    await embedder.close?.();
    await rm(dir, { recursive: true });
  });

  const pairs: [query: string, card: string][] = [
    ['turn scanned invoices into a spreadsheet', 'invoice-reader'],
    ['will it rain tomorrow where I live', 'local-forecast'],
    ['my tomatoes have brown spots on the leaves', 'crop-doctor'],
    ['help my child with fractions', 'maths-tutor'],
    ['which train should I take to get to Vienna by noon', 'rail-planner'],
  ];
  for (const [query, card] of pairs) {
    it(`"${query}" finds ${card}`, async () => {
      const { results } = await index.query({ text: query, k: cards.size });
      assert.equal(results[0]!.agentId, cards.get(card)!.agentId);
      const middle = results[Math.floor(results.length / 2)]!.score;
      assert.ok(results[0]!.score > middle + 0.1, `best ${results[0]!.score}, middle ${middle}`);
    });
  }

  it('counts each question once, also where it shares words with a card', async () => {
    const counted = () => Object.values(index.stats().queries).reduce((sum, count) => sum + count, 0);
    const before = counted();
    await index.query({ text: 'Ledgerleaf invoices', k: 3 });
    assert.equal(counted(), before + 1);
  });
});
