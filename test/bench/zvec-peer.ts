// zvec as the filter benchmark uses it: its own HNSW and its own filter, one thread, called at once and not through the adapter of
// the index. Takes part where `@zvec/zvec` is installed, or ZVEC_MODULE names its entry.

import { optionalPackage } from '../../index-service/backend/optional-package.ts';
import { recallOf } from './index-data.ts';

const DEGREE = 16;
const BUILD_WIDTH = 200;
const BATCH = 512;
const WIDTHS = [16, 32, 64, 128, 256, 512];

/** The parts of a collection that are used. */
interface Collection {
  insertSync(docs: object[]): { ok: boolean; message: string }[];
  deleteSync(ids: string[]): unknown;
  optimizeSync(): void;
  querySync(query: object): { id: string }[];
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

export interface ZvecPeer {
  /** Slots of the nearest that have all of these tags. */
  search(vector: Float32Array, k: number, tags: readonly number[]): number[];
  /** Sets the narrowest search that finds this share of the truth. */
  tune(queries: readonly Float32Array[], truth: readonly ArrayLike<number>[], goal: number, k: number): void;
  remove(slots: Iterable<number>): void;
  close(): void;
}

/** Null where zvec is not installed. `tags` are numbers, by slot. */
export async function zvecPeer(
  folder: string,
  vectors: readonly Float32Array[],
  tags: readonly (readonly number[])[],
): Promise<ZvecPeer | null> {
  const zvec = (await optionalPackage(process.env.ZVEC_MODULE ?? '@zvec/zvec').catch(
    () => null,
  )) as Zvec | null;
  if (zvec === null) return null;
  zvec.ZVecInitialize({ logLevel: zvec.ZVecLogLevel.ERROR, queryThreads: 1 });
  const { HNSW } = zvec.ZVecIndexType;
  const schema = new zvec.ZVecCollectionSchema({
    name: 'bench',
    vectors: {
      name: 'vector',
      dataType: zvec.ZVecDataType.VECTOR_FP32,
      dimension: vectors[0]!.length,
      indexParams: {
        indexType: HNSW,
        metricType: zvec.ZVecMetricType.COSINE,
        m: DEGREE,
        efConstruction: BUILD_WIDTH,
      },
    },
    fields: [
      {
        name: 'tags',
        dataType: zvec.ZVecDataType.ARRAY_INT32,
        indexParams: { indexType: zvec.ZVecIndexType.INVERT },
      },
    ],
  });
  const cards = zvec.ZVecCreateAndOpen(folder, schema);
  for (let from = 0; from < vectors.length; from += BATCH) {
    const docs = vectors.slice(from, from + BATCH).map((vector, i) => ({
      id: `c${from + i}`,
      vectors: { vector },
      // A list that is empty is in no inverted index.
      fields: { tags: [-1, ...tags[from + i]!] },
    }));
    const failed = cards.insertSync(docs).find(({ ok }) => !ok);
    if (failed !== undefined) throw new Error(`zvec: ${failed.message}`);
  }
  cards.optimizeSync();
  let ef = WIDTHS[0]!;
  const search = (vector: Float32Array, k: number, wanted: readonly number[]): number[] =>
    cards
      .querySync({
        fieldName: 'vector',
        vector,
        topk: k,
        outputFields: [],
        params: { indexType: HNSW, ef },
        ...(wanted.length > 0 && { filter: wanted.map((tag) => `tags contain_any (${tag})`).join(' and ') }),
      })
      .map(({ id }) => Number(id.slice(1)));
  return {
    search,
    tune(queries, truth, goal, k) {
      for (const width of WIDTHS) {
        ef = width;
        const found = queries.map((query) => search(query, k, []));
        if (recallOf(found, truth) >= goal) return;
      }
    },
    remove(slots) {
      const ids = Array.from(slots, (slot) => `c${slot}`);
      for (let from = 0; from < ids.length; from += BATCH) cards.deleteSync(ids.slice(from, from + BATCH));
    },
    close: () => cards.destroySync(),
  };
}
