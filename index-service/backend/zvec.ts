// zvec (`@zvec/zvec`, Apache-2.0) behind the port: HNSW with filters of its own, in this process. Not a dependency: its native part
// has 40 MB. Its folder is made anew at each opening; the cards come from the log.

import { rm } from 'node:fs/promises';
import { SLA_CLASSES } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { REPUTATION_UNKNOWN } from '../limits.ts';
import type { BackendAnswer, BackendHolding, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';
import { optionalPackage } from './optional-package.ts';
import { payloadAmount } from './qdrant-filter.ts';
import { priceKey, zvecFilter } from './zvec-filter.ts';

/** The parts of a collection that are used. */
interface Collection {
  upsertSync(docs: object[]): { ok: boolean; message: string }[];
  deleteSync(ids: string[]): unknown;
  query(query: object): Promise<{ id: string; score: number }[]>;
  addColumnSync(options: object): void;
  destroySync(): void;
}

/** The parts of the module that are used. */
interface Zvec {
  ZVecDataType: Record<string, number>;
  ZVecIndexType: Record<string, number>;
  ZVecMetricType: Record<string, number>;
  ZVecLogLevel: Record<string, number>;
  ZVecInitialize(options: object): void;
  ZVecCollectionSchema: new (options: object) => object;
  ZVecCreateAndOpen(path: string, schema: object): Collection;
}

const DEGREE = 16;
const BUILD_WIDTH = 200;
const SEARCH_WIDTH = 200;
/** Columns for pairs of unit and currency; cards that ask for others pass no price limit. */
const PRICE_COLUMNS_MAX = 64;
/** A tag that no text has. */
const EVERY_CARD = 0;
/** Name of the package: not resolved before it is asked for. */
const PACKAGE = '@zvec/zvec';

let initialised = false;

/** Throws INDEX_BACKEND_UNAVAILABLE when the package is not installed, or has no binary for this machine. */
export async function zvecBackend(dims: number, folder: string, module = PACKAGE): Promise<IndexBackend> {
  try {
    const zvec = (await optionalPackage(module)) as Zvec;
    if (!initialised) zvec.ZVecInitialize({ logLevel: zvec.ZVecLogLevel.ERROR });
    initialised = true;
    await rm(folder, { recursive: true, force: true });
    return new ZvecBackend(zvec, zvec.ZVecCreateAndOpen(folder, schemaOf(zvec, dims)));
  } catch (cause) {
    throw new ZeroError('INDEX_BACKEND_UNAVAILABLE', 'zvec cannot be loaded', {
      cause,
      hint: `npm install ${PACKAGE}`,
    });
  }
}

function schemaOf(zvec: Zvec, dimension: number): object {
  const { BOOL, INT32, ARRAY_INT32, DOUBLE, VECTOR_FP32 } = zvec.ZVecDataType;
  const indexParams = { indexType: zvec.ZVecIndexType.INVERT };
  const field = (name: string, dataType: number | undefined) => ({ name, dataType, indexParams });
  return new zvec.ZVecCollectionSchema({
    name: 'cards',
    vectors: {
      name: 'vector',
      dataType: VECTOR_FP32,
      dimension,
      indexParams: {
        indexType: zvec.ZVecIndexType.HNSW,
        metricType: zvec.ZVecMetricType.COSINE,
        m: DEGREE,
        efConstruction: BUILD_WIDTH,
      },
    },
    fields: [
      field('region', INT32),
      field('operator', INT32),
      field('sla', INT32),
      field('tags', ARRAY_INT32),
      field('free', BOOL),
      field('expires', DOUBLE),
      field('reputation', DOUBLE),
    ],
  });
}

class ZvecBackend implements IndexBackend {
  readonly name = 'zvec';
  readonly #zvec: Zvec;
  readonly #cards: Collection;
  readonly #holdings = new Map<string, BackendHolding & { readonly key: string }>();
  readonly #idOf = new Map<string, string>();
  readonly #texts = new Map<string, number>();
  readonly #prices = new Map<string, string>();
  #made = 0;

  constructor(zvec: Zvec, cards: Collection) {
    this.#zvec = zvec;
    this.#cards = cards;
  }

  async upsert(points: readonly BackendPoint[]): Promise<void> {
    if (points.length === 0) return;
    const docs = points.map((point) => this.#doc(point));
    const failed = this.#cards.upsertSync(docs).find(({ ok }) => !ok);
    if (failed !== undefined) throw new ZeroError('INTERNAL', `zvec: ${failed.message}`);
  }

  #doc({ id, cardId, vector, fields, reputation = REPUTATION_UNKNOWN }: BackendPoint): object {
    // zvec allows fewer characters in an id than there are in an agent's.
    const key = this.#holdings.get(id)?.key ?? `c${++this.#made}`;
    this.#holdings.set(id, { id, cardId, reputation, key });
    this.#idOf.set(key, id);
    const amounts: Record<string, number> = {};
    for (const { unit, currency, amount } of fields.prices) {
      const column = this.#priceColumn(priceKey(unit, currency));
      if (column === undefined) continue;
      amounts[column] = Math.min(amounts[column] ?? Number.POSITIVE_INFINITY, payloadAmount(amount));
    }
    return {
      id: key,
      vectors: { vector },
      fields: {
        region: this.#number(fields.region),
        operator: this.#number(fields.operator),
        sla: SLA_CLASSES.indexOf(fields.sla),
        // A list that is empty is in no inverted index, not even in what a list does not contain.
        tags: [EVERY_CARD, ...fields.tags.map((tag) => this.#number(tag))],
        free: fields.prices.length === 0,
        expires: fields.expiresAtMs,
        reputation,
        ...amounts,
      },
    };
  }

  #number(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.size + 1;
    this.#texts.set(text, number);
    return number;
  }

  #priceColumn(key: string): string | undefined {
    const known = this.#prices.get(key);
    if (known !== undefined || this.#prices.size === PRICE_COLUMNS_MAX) return known;
    const name = `price_${this.#prices.size}`;
    const dataType = this.#zvec.ZVecDataType.DOUBLE;
    this.#cards.addColumnSync({ fieldSchema: { name, dataType, nullable: true } });
    this.#prices.set(key, name);
    return name;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const known = ids.flatMap((id) => this.#holdings.get(id) ?? []);
    if (known.length === 0) return;
    this.#cards.deleteSync(known.map(({ key }) => key));
    for (const { id, key } of known) {
      this.#holdings.delete(id);
      this.#idOf.delete(key);
    }
  }

  async search({ vector, k, filter }: BackendQuery): Promise<BackendAnswer> {
    const names = {
      text: (value: string) => this.#texts.get(value),
      price: (key: string) => this.#prices.get(key),
    };
    const found = await this.#cards.query({
      fieldName: 'vector',
      vector,
      topk: k,
      outputFields: [],
      params: { indexType: this.#zvec.ZVecIndexType.HNSW, ef: Math.max(SEARCH_WIDTH, 2 * k) },
      ...(filter && { filter: zvecFilter(filter, names) }),
    });
    const hits = found.flatMap(({ id: key, score: distance }) => {
      const id = this.#idOf.get(key);
      return id === undefined ? [] : [{ id, score: 1 - distance }];
    });
    return { hits: hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)) };
  }

  async count(): Promise<number> {
    return this.#holdings.size;
  }

  async *list(): AsyncGenerator<BackendHolding[]> {
    yield [...this.#holdings.values()];
  }

  async close(): Promise<void> {
    this.#cards.destroySync();
  }
}
