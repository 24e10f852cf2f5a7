// hnswlib-node as the benchmarks use it: usual parameters, and the narrowest search that reaches a recall.

import hnswlib from 'hnswlib-node';
import { recallOf } from './index-data.ts';

const DEGREE = 16;
const BUILD_WIDTH = 200;
const SEED = 1;
const WIDTHS = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1_024];

export type HnswIndex = InstanceType<typeof hnswlib.HierarchicalNSW>;

/** hnswlib takes plain arrays; converting them is not counted against it. */
export function plainArrays(vectors: readonly Float32Array[]): number[][] {
  return vectors.map((vector) => Array.from(vector));
}

/** Converts one vector at a time: a million of them twice would not fit. */
export function buildHnsw(
  vectors: readonly Float32Array[],
  dims: number,
  room = vectors.length,
  replaceDeleted = false,
): HnswIndex {
  const index = new hnswlib.HierarchicalNSW('cosine', dims);
  index.initIndex({
    maxElements: room,
    m: DEGREE,
    efConstruction: BUILD_WIDTH,
    randomSeed: SEED,
    allowReplaceDeleted: replaceDeleted,
  });
  vectors.forEach((vector, label) => {
    index.addPoint(Array.from(vector), label);
  });
  return index;
}

/** Sets the narrowest search that finds this share of the truth; returns what it finds. */
export function tuneHnsw(
  index: HnswIndex,
  queries: readonly number[][],
  truth: readonly ArrayLike<number>[],
  goal: number,
  k: number,
): number {
  let recall = 0;
  for (const width of WIDTHS) {
    index.setEf(width);
    recall = recallOf(
      queries.map((query) => index.searchKnn(query, k).neighbors),
      truth,
    );
    if (recall >= goal) break;
  }
  return recall;
}
