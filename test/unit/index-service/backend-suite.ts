// What every vector engine behind the port must do. Called by backends.test.ts for each adapter. The points are real signed cards:
// an engine may verify what it takes.

import { strict as assert } from 'node:assert';
import type { BackendHolding, BackendPoint, IndexBackend } from '../../../index-service/backend/interface.ts';
import { cardFields } from '../../../index-service/card-fields.ts';
import { type CardFilter, cardText, type Embedder } from '../../../index-service/index.ts';
import type { CardDraft } from '../../../protocol/card/index.ts';
import { makeAgent, NOT_AFTER } from '../../support/agents.ts';
import { cardEntry } from '../../support/card-entries.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const SOON = '2026-03-01T12:00:00Z';
const AT_SOON = Date.parse(SOON);

interface Draft extends Partial<CardDraft> {
  readonly soon?: boolean;
  readonly reputation?: number;
}

const BASE: Partial<CardDraft> = {
  region: 'eu',
  operator: 'Alpha',
  sla: 'standard',
  tags: [],
  prices: [],
  capabilities: [{ name: 'work', description: 'Works.', tags: [] }],
};

const DRAFTS: readonly Draft[] = [
  { name: 'Bell Founder', description: 'Casts new bells of bronze.' },
  { name: 'Chart Reader', description: 'Reads sea charts aloud.', region: 'us', tags: ['ocr', 'wasm'] },
  {
    name: 'Invoice Clerk',
    description: 'Sorts paper invoices by month.',
    tags: ['ocr'],
    prices: [{ unit: 'request', amount: '10', currency: 'EUR' }],
    reputation: 0.9,
  },
  {
    name: 'Map Painter',
    description: 'Paints maps of old towns.',
    tags: ['map'],
    prices: [
      { unit: 'request', amount: '50', currency: 'EUR' },
      { unit: 'token', amount: '1', currency: 'EUR' },
    ],
  },
  {
    name: 'Rope Maker',
    description: 'Twists ropes of hemp.',
    sla: 'premium',
    operator: 'Beta',
    soon: true,
    reputation: 0.1,
  },
  {
    name: 'Tea Taster',
    description: 'Tastes green tea daily.',
    sla: 'best-effort',
    region: 'asia',
    prices: [{ unit: 'request', amount: '10', currency: 'USD' }],
  },
];

/** Filters and the points that pass. */
const FILTERS: readonly [CardFilter, number[]][] = [
  [{ region: 'eu' }, [0, 2, 3, 4]],
  [{ region: ['us', 'asia'] }, [1, 5]],
  [{ region: 'mars' }, []],
  [{ region: [] }, []],
  [{ tagsAny: ['ocr', 'map'] }, [1, 2, 3]],
  [{ tagsAny: [] }, []],
  [{ tagsAll: ['ocr', 'wasm'] }, [1]],
  [{ tagsNone: ['ocr'] }, [0, 3, 4, 5]],
  [{ tagsNone: [] }, [0, 1, 2, 3, 4, 5]],
  [{ priceMax: { amount: '10', currency: 'EUR' } }, [0, 1, 2, 4]],
  [{ priceMax: { amount: '1', currency: 'EUR', unit: 'token' } }, [0, 1, 3, 4]],
  [{ priceMax: { amount: '9'.repeat(60), currency: 'EUR' } }, [0, 1, 2, 3, 4]],
  [{ sla: 'standard' }, [0, 1, 2, 3, 4]],
  [{ sla: ['best-effort', 'premium'] }, [4, 5]],
  [{ sla: [] }, []],
  [{ notExpiredAt: AT_SOON }, [0, 1, 2, 3, 5]],
  [{ notExpiredAt: AT_SOON - 0.5 }, [0, 1, 2, 3, 4, 5]],
  [{ owner: 'Beta' }, [4]],
  [{ owner: `Be'ta" or region >= 0` }, []],
  [{ reputationMin: 0.5 }, [0, 1, 2, 3, 5]],
  [{ reputationMin: 0.8 }, [2]],
  [{ or: [{ region: 'us' }, { tagsAny: ['map'] }] }, [1, 3]],
  [{ or: [] }, []],
  [{ not: {} }, []],
  [{ not: { or: [] } }, [0, 1, 2, 3, 4, 5]],
  [{ not: { region: 'eu' } }, [1, 5]],
  [{ not: { priceMax: { amount: '10', currency: 'EUR' } } }, [3, 5]],
  [{ not: { tagsNone: ['ocr'], sla: ['standard'] } }, [1, 2, 4, 5]],
  [{ not: { or: [{ sla: 'premium' }, { reputationMin: 0.8 }] } }, [0, 1, 3, 5]],
  [{ not: { not: { owner: 'Beta' }, notExpiredAt: AT_SOON } }, [4]],
  [{ and: [{ region: 'eu' }, { not: { tagsAny: ['ocr'] } }], notExpiredAt: AT_SOON }, [0, 3]],
];

/** Agents have seeds n to n + 2. */
const agentOf = (n: number) => makeAgent(10 + 3 * n);
const idOf = (n: number) => agentOf(n).agentId;

async function pointOf(
  n: number,
  { soon, reputation, ...draft }: Draft,
  embedder: Embedder,
  sequence = 1,
): Promise<BackendPoint> {
  const entry = cardEntry(
    agentOf(n),
    { ...BASE, ...draft },
    { sequence, expiresAt: soon === true ? SOON : NOT_AFTER },
  );
  return {
    id: entry.agentId,
    cardId: entry.cardId,
    vector: await embedder.embed(cardText(entry.card)),
    fields: cardFields(entry),
    envelope: entry.envelope,
    ...(reputation !== undefined && { reputation }),
  };
}

/** Registers the suite. `open` gives an empty backend for the vectors of the embedder. */
export function backendSuite(
  name: string,
  open: (embedder: Embedder) => Promise<IndexBackend>,
  makeEmbedder: () => Promise<Embedder> = async () => wordEmbedder(),
): void {
  describe(`backend ${name}`, function () {
    this.timeout(30_000);
    let embedder: Embedder;
    let points: BackendPoint[];
    let backend: IndexBackend;
    before(async () => {
      embedder = await makeEmbedder();
      points = await Promise.all(DRAFTS.map((draft, n) => pointOf(n, draft, embedder)));
    });
    after(() => embedder.close?.());
    beforeEach(async () => {
      backend = await open(embedder);
      await backend.upsert(points);
    });
    afterEach(() => backend.close());

    const numberOf = (id: string) => points.findIndex((point) => point.id === id);
    const found = async (filter?: CardFilter, k = 10) => {
      const { hits } = await backend.search({ vector: points[2]!.vector, k, ...(filter && { filter }) });
      return hits.map(({ id }) => numberOf(id));
    };
    const listed = async () => {
      const all = new Map<number, BackendHolding>();
      for await (const part of backend.list()) for (const one of part) all.set(numberOf(one.id), one);
      return all;
    };

    it('finds the nearest first, with its cosine', async () => {
      const { hits } = await backend.search({ vector: points[3]!.vector, k: 3 });
      assert.equal(hits.length, 3);
      assert.equal(hits[0]!.id, idOf(3));
      assert.ok(Math.abs(hits[0]!.score - 1) < 1e-3);
      assert.ok(hits[0]!.score >= hits[1]!.score && hits[1]!.score >= hits[2]!.score);
    });

    for (const [filter, passing] of FILTERS) {
      it(`answers only what passes ${JSON.stringify(filter)}`, async () => {
        assert.deepEqual((await found(filter)).sort(), passing);
      });
    }

    it('replaces a point of the same agent, vector, fields and reputation', async () => {
      const moved = await pointOf(
        1,
        { name: 'Invoice Sorter', region: 'moved', description: 'Sorts invoices.', reputation: 0.7 },
        embedder,
        2,
      );
      await backend.upsert([moved]);
      assert.equal(await backend.count(), points.length);
      assert.deepEqual(await found({ region: 'moved' }), [1]);
      assert.deepEqual(await found({ region: 'us' }), []);
      assert.deepEqual((await found({ reputationMin: 0.65 })).sort(), [1, 2]);
      assert.equal((await backend.search({ vector: moved.vector, k: 1 })).hits[0]!.id, idOf(1));
      assert.equal((await listed()).get(1)!.cardId, moved.cardId);
    });

    it('removes points, and takes unknown ones without complaint', async () => {
      await backend.remove([idOf(2), idOf(20)]);
      assert.equal(await backend.count(), points.length - 1);
      assert.equal((await found()).includes(2), false);
      await backend.upsert([points[2]!]);
      assert.equal(await backend.count(), points.length);
    });

    it('lists what it has', async () => {
      await backend.remove([idOf(3)]);
      const all = await listed();
      assert.deepEqual([...all.keys()].sort(), [0, 1, 2, 4, 5]);
      for (const [n, { cardId, reputation }] of all) {
        assert.equal(cardId, points[n]!.cardId);
        assert.ok(Math.abs(reputation - (points[n]!.reputation ?? 0.5)) < 1e-6);
      }
    });

    it('gives fewer than asked for when there are fewer, and none when empty', async () => {
      assert.equal((await found(undefined, 100)).length, points.length);
      await backend.remove(points.map(({ id }) => id));
      assert.deepEqual(await found(), []);
      assert.deepEqual((await listed()).size, 0);
    });
  });
}
