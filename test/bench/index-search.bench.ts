// One thread asking for the ten nearest of many vectors, against hnswlib-node at the same recall. What each side finds of
// the true ten is printed as a note beside the rate.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { VectorEngine } from '../../index-service/search/engine.ts';
import type { Plan } from '../../index-service/search/planner.ts';
import type { Selection } from '../../index-service/search/searcher.ts';
import { VectorMemory } from '../../index-service/search/vector-memory.ts';
import type { Bench } from './bench.ts';
import { plainArrays, tuneHnsw } from './hnswlib-peer.ts';
import { recallOf, vectorSource } from './index-data.ts';
import { bareFields, KeptVectors } from './kept.ts';

const DIMS = 384;
const K = 10;
const RECALL_GOAL = 0.99;
const QUERIES = 100;

export const bench: Bench = {
  name: 'index-search',
  summary: 'unfiltered search of the ten nearest on one thread, against hnswlib-node at equal recall',
  bar: { sign: '>=', value: 0.95 },
  async run({ seed, vectors, random, compare, note, report, folder }) {
    const count = vectors(20_000, 100_000);
    const source = vectorSource(random(`vectors ${count}`), DIMS);
    const kept = new KeptVectors(`index-search ${seed}`, source, count, DIMS, note);
    const queries = source.draw(QUERIES);
    const tuning = source.draw(QUERIES);
    const emptyBytes = new VectorMemory(DIMS).bytes;
    const { engine } = await kept.table('bare', (fresh) => {
      for (const [i, vector] of kept.vectors.entries()) fresh.put(bareFields(i), vector, 0);
    });
    const ourBytes = engine.vectors.bytes - emptyBytes;
    // Before the peer, which takes longer to build than everything else here.
    note(
      `index-search, ${count}: ${(ourBytes / count).toFixed(0)} bytes a vector, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB of the process`,
    );
    const all = { kind: 'living', count } as const;
    const truthOf = async (asked: readonly Float32Array[]) => {
      const out: Uint32Array[] = [];
      for (const query of asked)
        out.push((await engine.search(query, K, all, { method: { mode: 'exact' }, microseconds: 0 })).slots);
      return out;
    };
    const hnsw = kept.hnsw();
    tuneHnsw(hnsw, plainArrays(tuning), await truthOf(tuning), RECALL_GOAL, K);
    const truth = await truthOf(queries);
    const asked = plainArrays(queries);
    const ourRecall = recallOf(
      await Promise.all(queries.map(async (query) => (await engine.search(query, K, all)).slots)),
      truth,
    );
    const peerRecall = recallOf(
      asked.map((query) => hnsw.searchKnn(query, K).neighbors),
      truth,
    );
    const { mode } = engine.plan(K, all).method;
    // The index aims above the goal, to be safe; for the comparison both sides search as narrowly as the goal allows.
    const narrow = await narrowest(engine, tuning, await truthOf(tuning), all);
    const narrowRecall = recallOf(
      await Promise.all(queries.map(async (query) => (await engine.search(query, K, all, narrow)).slots)),
      truth,
    );
    note(
      `index-search, ${count}: recall as planned ${ourRecall.toFixed(4)} (${mode}), narrowed ${narrowRecall.toFixed(4)}, hnswlib-node ${peerRecall.toFixed(4)}`,
    );
    report({
      case: `recall of ${count}`,
      sizes: { vectors: count, dims: DIMS },
      ours: ourRecall,
      peer: peerRecall,
      peerName: 'hnswlib-node',
      unit: 'recall@10',
      better: 'higher',
      bar: { sign: '>=', value: 0.995 },
    });
    for (const [name, fixed] of [
      ['at equal recall', narrow],
      ['as planned', undefined],
    ] as const) {
      await compare({
        case: `${count} x ${DIMS}, ${name}`,
        sizes: { vectors: count, dims: DIMS, queries: QUERIES },
        operations: QUERIES,
        // As planned it is asked for more recall than its peer gives, which costs.
        bar: { sign: '>=', value: fixed === undefined ? 0.5 : 0.95 },
        peerName: 'hnswlib-node at recall 0.99',
        async ours() {
          for (const query of queries) await engine.search(query, K, all, fixed);
        },
        peer() {
          for (const query of asked) hnsw.searchKnn(query, K);
        },
      });
    }
    const peerFile = join(folder(), 'hnsw');
    hnsw.writeIndexSync(peerFile);
    report({
      case: 'memory a vector',
      sizes: { vectors: count, dims: DIMS },
      ours: ourBytes / count,
      peer: statSync(peerFile).size / count,
      peerName: 'hnswlib-node, whose file is its memory',
      unit: 'bytes',
      better: 'lower',
      bar: { sign: '<=', value: 1.5 },
    });
    await engine.close();
  },
};

/** The narrowest graph search that reaches the goal, as a plan for the caller's thread. */
async function narrowest(
  engine: VectorEngine,
  queries: readonly Float32Array[],
  truth: readonly Uint32Array[],
  all: Selection,
): Promise<Plan> {
  const { linked: built } = engine.state();
  for (const beam of [10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192]) {
    const plan: Plan = { method: { mode: 'graph', beam, built }, microseconds: 0 };
    const found: Uint32Array[] = [];
    for (const query of queries) found.push((await engine.search(query, K, all, plan)).slots);
    if (recallOf(found, truth) >= RECALL_GOAL) return plan;
  }
  throw new Error('the graph does not reach the goal');
}
