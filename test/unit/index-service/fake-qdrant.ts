// A Qdrant in memory that understands what the adapter says, by the engine's documented meaning of filters. It lets the
// suite run without a server; with QDRANT_URL the same suite runs against a real one.

import type { QdrantClientLike } from '../../../index-service/backend/qdrant.ts';
import type { QdrantCondition, QdrantFilter } from '../../../index-service/backend/qdrant-filter.ts';

type Payload = Record<string, unknown>;

interface Point {
  readonly id: string;
  readonly vector: number[];
  readonly payload: Payload;
}

/** All conditions of `must`, one of `should` if there are any, none of `must_not`. */
function passes(payload: Payload, { must = [], should = [], must_not: mustNot = [] }: QdrantFilter): boolean {
  return (
    must.every((one) => holds(payload, one)) &&
    (should.length === 0 || should.some((one) => holds(payload, one))) &&
    !mustNot.some((one) => holds(payload, one))
  );
}

function holds(payload: Payload, condition: QdrantCondition): boolean {
  if ('nested' in condition) {
    const { key, filter } = condition.nested;
    return (payload[key] as Payload[]).some((element) => passes(element, filter));
  }
  if (!('key' in condition)) return passes(payload, condition);
  const values = [payload[condition.key]].flat();
  if ('range' in condition) {
    const {
      gt = Number.NEGATIVE_INFINITY,
      gte = Number.NEGATIVE_INFINITY,
      lte = Number.POSITIVE_INFINITY,
    } = condition.range;
    return values.some((value) => Number(value) > gt && Number(value) >= gte && Number(value) <= lte);
  }
  const wanted = 'any' in condition.match ? condition.match.any : [condition.match.value];
  return values.some((value) => wanted.includes(value as string));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

export function fakeQdrant(): QdrantClientLike {
  const points = new Map<string, Point>();
  return {
    collectionExists: async () => ({ exists: false }),
    createCollection: async () => true,
    createPayloadIndex: async () => true,
    createShardKey: async () => true,
    upsert: async (_, options) => {
      // What goes over the wire is JSON: anything else would be lost there too.
      for (const point of JSON.parse(JSON.stringify(options)).points as Point[]) points.set(point.id, point);
    },
    delete: async (_, options) => {
      for (const id of (options as { points: string[] }).points) points.delete(id);
    },
    count: async () => ({ count: points.size }),
    scroll: async (_, options) => {
      const { limit, offset } = options as { limit: number; offset?: string };
      const rest = [...points.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
      const from = offset === undefined ? 0 : rest.findIndex(({ id }) => id === offset);
      // Pages of two, so that a listing has several.
      const size = Math.min(limit, 2);
      return { points: rest.slice(from, from + size), next_page_offset: rest[from + size]?.id ?? null };
    },
    query: async (_, options) => {
      const {
        query,
        limit,
        filter = {},
      } = JSON.parse(JSON.stringify(options)) as { query: number[]; limit: number; filter?: QdrantFilter };
      const hits = [...points.values()].filter(({ payload }) => passes(payload, filter));
      const scored = hits.map(({ vector, payload }) => ({ score: cosine(vector, query), payload }));
      return { points: scored.sort((a, b) => b.score - a.score).slice(0, limit) };
    },
  };
}
