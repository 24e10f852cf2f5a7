// Qdrant behind the port, for those who outgrow one machine. The caller brings the client (`@qdrant/js-client-rest`), so that
// nobody else has to install it. Collections are sharded by region when the cluster allows custom shard keys.

import { createHash } from 'node:crypto';
import { SLA_CLASSES } from '../../protocol/card/index.ts';
import { REPUTATION_UNKNOWN } from '../limits.ts';
import type { BackendAnswer, BackendHolding, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';
import { payloadAmount, type QdrantFilter, qdrantFilter } from './qdrant-filter.ts';

/** The members of a QdrantClient that are used. */
export interface QdrantClientLike {
  collectionExists(collection: string): Promise<{ exists: boolean }>;
  createCollection(collection: string, options: object): Promise<unknown>;
  createPayloadIndex(collection: string, options: object): Promise<unknown>;
  createShardKey(collection: string, options: object): Promise<unknown>;
  upsert(collection: string, options: object): Promise<unknown>;
  delete(collection: string, options: object): Promise<unknown>;
  count(collection: string, options: object): Promise<{ count: number }>;
  query(
    collection: string,
    options: object,
  ): Promise<{ points: { score: number; payload?: Record<string, unknown> | null }[] }>;
  scroll(collection: string, options: object): Promise<QdrantPage>;
}

/** A part of a collection; `next_page_offset` is null at its end. */
export interface QdrantPage {
  points: { payload?: Record<string, unknown> | null }[];
  next_page_offset?: unknown;
}

export interface QdrantOptions {
  readonly client: QdrantClientLike;
  readonly collection: string;
  readonly dims: number;
  /** One shard key per region: needs a cluster with custom sharding. Default false. */
  readonly shardByRegion?: boolean;
}

/** Points sent at once: some megabytes. */
const BATCH_POINTS = 256;

/** Points of one page when everything is listed: some hundred kilobytes. */
const LIST_POINTS = 4_096;

/** Payload fields that filters ask, and their kind. Indexed before anything is stored, as Qdrant's manual advises. */
const PAYLOAD_INDEXES: Record<string, string> = {
  region: 'keyword',
  operator: 'keyword',
  tags: 'keyword',
  sla: 'integer',
  free: 'integer',
  expiresAtMs: 'float',
  reputation: 'float',
  'prices[].price': 'keyword',
  'prices[].amount': 'float',
};

/** Opens the collection, making it and its payload indexes first when it is new. */
export async function qdrantBackend(options: QdrantOptions): Promise<IndexBackend> {
  const { client, collection, dims, shardByRegion = false } = options;
  if (!(await client.collectionExists(collection)).exists) {
    await client.createCollection(collection, {
      vectors: { size: dims, distance: 'Cosine' },
      ...(shardByRegion && { sharding_method: 'custom' }),
    });
    for (const [field, schema] of Object.entries(PAYLOAD_INDEXES)) {
      await client.createPayloadIndex(collection, { field_name: field, field_schema: schema, wait: true });
    }
  }
  return new QdrantBackend(options);
}

/** Qdrant wants numbers or UUIDs: the first half of a hash of the agent id, in the form of a UUID. */
function pointId(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

class QdrantBackend implements IndexBackend {
  readonly name = 'qdrant';
  readonly #client: QdrantClientLike;
  readonly #collection: string;
  readonly #sharded: boolean;
  readonly #shards = new Set<string>();

  constructor({ client, collection, shardByRegion = false }: QdrantOptions) {
    this.#client = client;
    this.#collection = collection;
    this.#sharded = shardByRegion;
  }

  async upsert(points: readonly BackendPoint[]): Promise<void> {
    // An agent that moved to another region would otherwise stay in its old shard too.
    if (this.#sharded) await this.remove(points.map(({ id }) => id));
    for (const [region, group] of this.#groups(points)) {
      if (this.#sharded && !this.#shards.has(region)) {
        // The key may exist from an earlier run; then Qdrant refuses and the upsert below shows whether all is well.
        await this.#client.createShardKey(this.#collection, { shard_key: region }).catch(() => {});
        this.#shards.add(region);
      }
      for (let at = 0; at < group.length; at += BATCH_POINTS) {
        await this.#client.upsert(this.#collection, {
          wait: true,
          points: group.slice(at, at + BATCH_POINTS).map(pointOf),
          ...(this.#sharded && { shard_key: region }),
        });
      }
    }
  }

  #groups(points: readonly BackendPoint[]): Iterable<[string, BackendPoint[]]> {
    return this.#sharded ? Map.groupBy(points, ({ fields }) => fields.region) : [['', [...points]]];
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#client.delete(this.#collection, { wait: true, points: ids.map(pointId) });
  }

  async search({ vector, k, filter }: BackendQuery): Promise<BackendAnswer> {
    const translated: QdrantFilter | undefined = filter && qdrantFilter(filter);
    const { points } = await this.#client.query(this.#collection, {
      query: Array.from(vector),
      limit: k,
      with_payload: ['agentId'],
      ...(translated && { filter: translated }),
    });
    const hits = points.map(({ score, payload }) => ({ id: String(payload?.agentId), score }));
    return { hits: hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)) };
  }

  async count(): Promise<number> {
    return (await this.#client.count(this.#collection, { exact: true })).count;
  }

  async *list(): AsyncGenerator<BackendHolding[]> {
    let offset: unknown;
    do {
      const page: QdrantPage = await this.#client.scroll(this.#collection, {
        limit: LIST_POINTS,
        with_payload: ['agentId', 'cardId', 'reputation'],
        ...(offset !== undefined && { offset }),
      });
      // What carries no agent id was not put there by this adapter, and is left alone.
      yield page.points.flatMap(({ payload }) =>
        typeof payload?.agentId === 'string'
          ? [
              {
                id: payload.agentId,
                cardId: String(payload.cardId),
                reputation: Number(payload.reputation),
              },
            ]
          : [],
      );
      offset = page.next_page_offset ?? undefined;
    } while (offset !== undefined);
  }

  async close(): Promise<void> {}
}

function pointOf({ id, cardId, vector, fields, reputation = REPUTATION_UNKNOWN }: BackendPoint): object {
  const { region, operator, sla, tags, prices, expiresAtMs } = fields;
  return {
    id: pointId(id),
    vector: Array.from(vector),
    payload: {
      agentId: id,
      cardId,
      region,
      operator,
      tags,
      sla: SLA_CLASSES.indexOf(sla),
      expiresAtMs,
      reputation,
      free: prices.length === 0 ? 1 : 0,
      prices: prices.map(({ unit, currency, amount }) => ({
        price: `${unit} ${currency}`,
        amount: payloadAmount(amount),
      })),
    },
  };
}
