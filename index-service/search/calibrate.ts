// Measures what the approximate methods find of the true best, on the data at hand, and the settings that reach the goal.
// Runs in a worker thread: some hundred exact searches.

import type { KernelMemory } from '../simd/instantiate.ts';
import { type Layout, SLOTS_PER_BLOCK } from './layout.ts';
import type { Method, Searcher } from './searcher.ts';

export interface Tuning {
  readonly beam: number;
  readonly graphRecall: number;
  readonly want: number;
  readonly compressedRecall: number;
}

/** Recall that settings are chosen for: above RECALL_MIN, because real queries are harder than stored vectors. */
const RECALL_GOAL = 0.997;
const SAMPLES = 48;
const K = 10;
const BEAMS = [48, 64, 96, 128, 192, 256, 384, 512];
const WANTS = [128, 256, 512, 1_024, 2_048];

/** Queries are means of two stored vectors: near the data, but none of it. `built` 0 leaves the graph out. */
export function measureRecall(
  searcher: Searcher,
  memory: KernelMemory,
  layout: Layout,
  slots: number,
  built: number,
): Tuning {
  const queries = sampleQueries(memory, layout, slots);
  const run = (vector: Float32Array, method: Method) =>
    searcher.search({ vector, k: K, selection: { kind: 'living', count: slots }, method, slots }).slots;
  const truth = queries.map((vector) => new Set(run(vector, { mode: 'exact' })));
  const recallOf = (method: Method): number => {
    let found = 0;
    let all = 0;
    queries.forEach((vector, i) => {
      all += truth[i]!.size;
      for (const slot of run(vector, method)) if (truth[i]!.has(slot)) found++;
    });
    return all === 0 ? 1 : found / all;
  };
  const compressed = firstGood(WANTS, (want) => recallOf({ mode: 'compressed', want }));
  const graph =
    built === 0
      ? { setting: 0, recall: 0 }
      : firstGood(BEAMS, (beam) => recallOf({ mode: 'graph', beam, built }));
  return {
    beam: graph.setting,
    graphRecall: graph.recall,
    want: compressed.setting,
    compressedRecall: compressed.recall,
  };
}

function firstGood(
  settings: readonly number[],
  recallOf: (setting: number) => number,
): { setting: number; recall: number } {
  let last = { setting: settings.at(-1)!, recall: 0 };
  for (const setting of settings) {
    last = { setting, recall: recallOf(setting) };
    if (last.recall >= RECALL_GOAL) break;
  }
  return last;
}

/** Pairs of slots a fixed stride apart: no randomness, so a measurement repeats. */
function sampleQueries(memory: KernelMemory, layout: Layout, slots: number): Float32Array[] {
  const stride = Math.max(1, Math.floor(slots / (SAMPLES + 1)));
  return Array.from({ length: Math.min(SAMPLES, slots) }, (_, i) => {
    const a = vectorAt(memory, layout, (i * stride) % slots);
    const b = vectorAt(memory, layout, (i * stride + Math.floor(stride / 2) + 1) % slots);
    return a.map((value, at) => value + b[at]! / 2);
  });
}

function vectorAt(
  memory: KernelMemory,
  { blocks, blockBytes, width, dims }: Layout,
  slot: number,
): Float32Array {
  const at = blocks + Math.floor(slot / SLOTS_PER_BLOCK) * blockBytes + (slot % SLOTS_PER_BLOCK) * width * 4;
  return new Float32Array(memory.buffer, at, dims).slice();
}
