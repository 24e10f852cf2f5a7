// Measures, on the data at hand, what the approximate methods find of the true best, the settings that reach the goal, and
// what each method costs here. Runs in a worker thread: some hundred searches.

import type { KernelMemory } from '../simd/instantiate.ts';
import { type Layout, SLOTS_PER_BLOCK } from './layout.ts';
import { MEASURED_K, type Mode, type SieveState, unitsOf } from './planner.ts';
import type { Method, Searcher, Selection } from './searcher.ts';

export interface Tuning {
  readonly beam: number;
  readonly graphRecall: number;
  readonly compressed: SieveState;
  /** What one unit of each measured mode costs on this machine. */
  readonly nanoseconds: Partial<Record<Mode, number>>;
}

/** Recall that settings are chosen for: above RECALL_MIN, because real queries are harder than stored vectors. */
const RECALL_GOAL = 0.995;
const SAMPLES = 48;
const BEAMS = [24, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512];
const WANTS = [32, 48, 64, 96, 128, 192, 256, 512, 1_024, 2_048];
/** Shares of the slots, as filters leave them, among which the sign bits are measured too. */
const SHARES = [1 / 8, 1 / 64];

/** Queries lie between two stored vectors, nearer to one: close to the data, but none of it. `built` 0 leaves the graph out. */
export function measureRecall(
  searcher: Searcher,
  memory: KernelMemory,
  layout: Layout,
  slots: number,
  built: number,
): Tuning {
  const queries = sampleQueries(memory, layout, slots);
  const nanoseconds: Partial<Record<Mode, number>> = {};
  const runAll = (method: Method, selection: Selection): Uint32Array[] => {
    let fastest = Number.POSITIVE_INFINITY;
    const found = queries.map((vector) => {
      const start = performance.now();
      const hits = searcher.search({ vector, k: MEASURED_K, selection, method, slots });
      fastest = Math.min(fastest, performance.now() - start);
      return hits.slots;
    });
    // The fastest of the samples: what else the machine does is not a cost of the method.
    if (selection.kind === 'living')
      nanoseconds[method.mode] = (fastest * 1e6) / unitsOf(method, { selection, slots, cards: slots });
    return found;
  };
  const measured = (selection: Selection) => {
    const truth = runAll({ mode: 'exact' }, selection).map((best) => new Set(best));
    return (method: Method): number => {
      let found = 0;
      let all = 0;
      runAll(method, selection).forEach((hits, i) => {
        all += truth[i]!.size;
        for (const slot of hits) if (truth[i]!.has(slot)) found++;
      });
      return all === 0 ? 1 : found / all;
    };
  };
  const sieve = (recallOf: (method: Method) => number) =>
    firstGood(WANTS, (want) => recallOf({ mode: 'compressed', want }));
  const recallOf = measured({ kind: 'living', count: slots });
  const compressed = sieve(recallOf);
  const graph =
    built === 0
      ? { want: 0, recall: 0 }
      : firstGood(BEAMS, (beam) => recallOf({ mode: 'graph', beam, built }));
  const fewer = SHARES.map((share) => ({ share, ...sieve(measured(everyNth(slots, 1 / share))) }));
  return {
    beam: graph.want,
    graphRecall: graph.recall,
    compressed: { ...compressed, fewer },
    nanoseconds,
  };
}

/** One of `step` slots, not always at the same place, or it would follow an order of the data. */
function everyNth(slots: number, step: number): Selection {
  const count = Math.floor(slots / step);
  return {
    kind: 'list',
    slots: Uint32Array.from({ length: count }, (_, i) => i * step + ((i * 7) % step)),
  };
}

function firstGood(
  settings: readonly number[],
  recallOf: (setting: number) => number,
): { want: number; recall: number } {
  let last = { want: settings.at(-1)!, recall: 0 };
  for (const want of settings) {
    last = { want, recall: recallOf(want) };
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
    return a.map((value, at) => value + b[at]! / 4);
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
