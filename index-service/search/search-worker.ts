// Worker thread over the index's shared memory: runs searches, or builds the graph slice by slice and measures it.

import { parentPort, workerData } from 'node:worker_threads';
import { WALK_SLOTS_MAX } from '../limits.ts';
import type { KernelMemory } from '../simd/instantiate.ts';
import { measureRecall, type Tuning } from './calibrate.ts';
import { searchInstance } from './kernel.ts';
import { layoutFor } from './layout.ts';
import { Searcher, type SearchJob } from './searcher.ts';

export interface SearchWorkerData {
  readonly memory: KernelMemory;
  readonly dims: number;
  readonly thread: number;
}

export type SearchRequest =
  | { readonly kind: 'search'; readonly id: number; readonly job: SearchJob }
  | {
      readonly kind: 'build';
      readonly id: number;
      readonly from: number;
      readonly to: number;
      readonly entries: number;
    }
  | { readonly kind: 'measure'; readonly id: number; readonly slots: number; readonly built: number };

export type SearchReply =
  | {
      readonly kind: 'search';
      readonly id: number;
      readonly slots: Uint32Array;
      readonly scores: Float32Array;
    }
  | { readonly kind: 'build'; readonly id: number }
  | { readonly kind: 'measure'; readonly id: number; readonly tuning: Tuning }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** Width of the search that finds a new slot's neighbours: 100 gives recall above 0.99 at some hundred dimensions. */
const BUILD_BEAM = 96;

const port = parentPort;
if (port === null) throw new Error('search-worker.ts runs only as a worker thread');
const { memory, dims, thread } = workerData as SearchWorkerData;
const layout = layoutFor(dims);
const searcher = new Searcher(memory, layout, thread);
const kernel = searchInstance(memory, layout, thread);

port.on('message', (request: SearchRequest) => {
  try {
    port.postMessage(answer(request));
  } catch (error) {
    port.postMessage({ kind: 'failed', id: request.id, message: String(error) } satisfies SearchReply);
  }
});

function answer(request: SearchRequest): SearchReply {
  const { id } = request;
  switch (request.kind) {
    case 'search': {
      const { slots, scores } = searcher.search(request.job);
      return { kind: 'search', id, slots, scores };
    }
    case 'build':
      build(request.from, request.to, request.entries);
      return { kind: 'build', id };
    case 'measure':
      return {
        kind: 'measure',
        id,
        tuning: measureRecall(searcher, memory, layout, request.slots, request.built),
      };
  }
}

function build(from: number, to: number, entries: number): void {
  const { queryWords, heap, frontier, work } = layout.scratch[thread]!;
  for (let slot = Math.max(1, from); slot < to; slot++) {
    kernel.insert(
      slot,
      queryWords,
      layout.entries,
      layout.entryBits,
      entries,
      BUILD_BEAM,
      WALK_SLOTS_MAX,
      heap,
      frontier,
      work,
    );
  }
}
