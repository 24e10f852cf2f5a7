// The promise of the index in one picture: words that share no word with a card still find it.

import { strict as assert } from 'node:assert';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  type CardEntry,
  type CardIndex,
  defaultEmbedder,
  type Embedder,
  type IndexableCard,
  openIndex,
} from '../../../index-service/index.ts';
import type { Verified } from '../../../protocol/verified.ts';

const CARDS = new URL('../../../examples/cards/', import.meta.url);

async function exampleCards(): Promise<CardEntry[]> {
  const files = (await readdir(CARDS)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    files.map(async (file) => {
      const draft = parse(await readFile(new URL(file, CARDS), 'utf8'));
      const card = {
        region: 'eu-west',
        tags: [],
        prices: [],
        sla: 'standard',
        ...draft,
        id: `zs:${file}`,
        epoch: 0,
        keySerial: 1,
        sequence: 1,
      };
      card.issuedAt = '2026-01-01T00:00:00Z';
      card.expiresAt = '2027-01-01T00:00:00Z';
      return {
        agentId: card.id,
        cardId: `card-${file}`,
        card: card as Verified<IndexableCard>,
        envelope: new TextEncoder().encode(file),
      };
    }),
  );
}

describe('find by meaning among the example cards', () => {
  let dir: string;
  let embedder: Embedder;
  let index: CardIndex;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'zs-index-'));
    embedder = await defaultEmbedder();
    index = await openIndex({ dir, embedder });
    await index.upsertBatch(await exampleCards());
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
      const { results } = await index.query({ text: query, k: 32 });
      assert.equal(results[0]!.agentId, `zs:${card}.yaml`);
      const middle = results[Math.floor(results.length / 2)]!.score;
      assert.ok(results[0]!.score > middle + 0.1, `best ${results[0]!.score}, middle ${middle}`);
    });
  }
});
