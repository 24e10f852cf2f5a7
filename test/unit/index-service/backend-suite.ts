// What every vector engine behind the port must do. Called by backends.test.ts for each adapter.

import { strict as assert } from 'node:assert';
import type { BackendPoint, IndexBackend, PointFields } from '../../../index-service/backend/interface.ts';
import type { CardFilter } from '../../../index-service/index.ts';

export const SUITE_DIMS = 32;

const BASE: PointFields = {
  region: 'eu',
  operator: 'Alpha',
  sla: 'standard',
  tags: [],
  prices: [],
  expiresAtMs: 5_000,
};

function vector(seed: number): Float32Array {
  return Float32Array.from({ length: SUITE_DIMS }, (_, i) =>
    Math.cos(seed * 1.7 + i * (0.3 + (seed % 7) * 0.11)),
  );
}

function point(id: number, fields: Partial<PointFields> = {}, reputation?: number): BackendPoint {
  return {
    id: `zs:${id}`,
    vector: vector(id),
    fields: { ...BASE, ...fields },
    ...(reputation !== undefined && { reputation }),
  };
}

const POINTS: readonly BackendPoint[] = [
  point(0),
  point(1, { region: 'us', tags: ['ocr', 'wasm'] }),
  point(2, { tags: ['ocr'], prices: [{ unit: 'request', amount: 10n, currency: 'EUR' }] }, 0.9),
  point(3, {
    tags: ['map'],
    prices: [
      { unit: 'request', amount: 50n, currency: 'EUR' },
      { unit: 'token', amount: 1n, currency: 'EUR' },
    ],
  }),
  point(4, { sla: 'premium', operator: 'Beta', expiresAtMs: 100 }, 0.1),
  point(5, {
    sla: 'best-effort',
    region: 'asia',
    prices: [{ unit: 'request', amount: 10n, currency: 'USD' }],
  }),
];

/** Filters and the points that pass. */
const FILTERS: readonly [CardFilter, number[]][] = [
  [{ region: 'eu' }, [0, 2, 3, 4]],
  [{ region: ['us', 'asia'] }, [1, 5]],
  [{ region: 'mars' }, []],
  [{ tagsAny: ['ocr', 'map'] }, [1, 2, 3]],
  [{ tagsAll: ['ocr', 'wasm'] }, [1]],
  [{ tagsNone: ['ocr'] }, [0, 3, 4, 5]],
  [{ tagsNone: [] }, [0, 1, 2, 3, 4, 5]],
  [{ priceMax: { amount: '10', currency: 'EUR' } }, [0, 1, 2, 4]],
  [{ priceMax: { amount: '1', currency: 'EUR', unit: 'token' } }, [0, 1, 3, 4]],
  [{ sla: 'standard' }, [0, 1, 2, 3, 4]],
  [{ sla: ['best-effort', 'premium'] }, [4, 5]],
  [{ notExpiredAt: 100 }, [0, 1, 2, 3, 5]],
  [{ owner: 'Beta' }, [4]],
  [{ reputationMin: 0.5 }, [0, 1, 2, 3, 5]],
  [{ reputationMin: 0.8 }, [2]],
  [{ or: [{ region: 'us' }, { tagsAny: ['map'] }] }, [1, 3]],
  [{ or: [] }, []],
  [{ not: { region: 'eu' } }, [1, 5]],
  [{ and: [{ region: 'eu' }, { not: { tagsAny: ['ocr'] } }], notExpiredAt: 100 }, [0, 3]],
];

/** Registers the suite. `open` gives an empty backend of SUITE_DIMS numbers. */
export function backendSuite(name: string, open: () => Promise<IndexBackend>): void {
  describe(`backend ${name}`, () => {
    let backend: IndexBackend;
    beforeEach(async () => {
      backend = await open();
      await backend.upsert(POINTS);
    });
    afterEach(() => backend.close());

    const found = async (filter?: CardFilter, k = 10) =>
      (await backend.search({ vector: vector(2), k, ...(filter && { filter }) })).map(({ id }) =>
        Number(id.slice(3)),
      );

    it('finds the nearest first, with its cosine', async () => {
      const hits = await backend.search({ vector: vector(3), k: 3 });
      assert.equal(hits.length, 3);
      assert.equal(hits[0]!.id, 'zs:3');
      assert.ok(Math.abs(hits[0]!.score - 1) < 1e-3);
      assert.ok(hits[0]!.score >= hits[1]!.score && hits[1]!.score >= hits[2]!.score);
    });

    for (const [filter, passing] of FILTERS) {
      it(`answers only what passes ${JSON.stringify(filter)}`, async () => {
        assert.deepEqual((await found(filter)).sort(), passing);
      });
    }

    it('replaces a point of the same agent, vector and fields', async () => {
      await backend.upsert([{ ...point(1), vector: vector(2.01), fields: { ...BASE, region: 'moved' } }]);
      assert.equal(await backend.count(), POINTS.length);
      assert.deepEqual(await found({ region: 'moved' }), [1]);
      assert.deepEqual(await found({ region: 'us' }), []);
    });

    it('removes points, and takes unknown ones without complaint', async () => {
      await backend.remove(['zs:2', 'zs:99']);
      assert.equal(await backend.count(), POINTS.length - 1);
      assert.equal((await found()).includes(2), false);
    });

    it('gives fewer than asked for when there are fewer, and none when empty', async () => {
      assert.equal((await found(undefined, 100)).length, POINTS.length);
      await backend.remove(POINTS.map(({ id }) => id));
      assert.deepEqual(await found(), []);
    });
  });
}
