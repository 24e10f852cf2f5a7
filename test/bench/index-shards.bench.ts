// Eight shards asked at once and merged, against one index of all cards: what the merge finds of the true best, and how long
// it takes.

import { CardTable } from '../../index-service/card-table.ts';
import { mergeShards } from '../../index-service/index.ts';
import type { CardFields } from '../../index-service/store/record.ts';
import type { Bench } from './bench.ts';
import { percentile, recallOf, vectorSource } from './index-data.ts';

const DIMS = 384;
const K = 10;
const SHARDS = 8;
const QUERIES = 200;

function fields(i: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence: 1 },
    expiresAtMs: 1e15,
    region: `region-${i % SHARDS}`,
    operator: '',
    sla: 'standard',
    tags: [],
    prices: [],
    words: [],
  };
}

export const bench: Bench = {
  name: 'index-shards',
  summary: 'eight shards merged, against one index of all cards',
  bar: { sign: '<=', value: 1.5 },
  async run({ vectors: sizeOf, random, report }) {
    const count = sizeOf(20_000, 100_000);
    const source = vectorSource(random('vectors'), DIMS);
    const vectors = source.draw(count);
    const queries = source.draw(QUERIES);
    const whole = new CardTable(DIMS);
    const shards = Array.from({ length: SHARDS }, () => new CardTable(DIMS));
    vectors.forEach((vector, i) => {
      whole.put(fields(i), vector, i);
      shards[i % SHARDS]!.put(fields(i), vector, i);
    });
    await Promise.all([whole, ...shards].map((table) => table.engine.settled()));
    const idOf = ({ agentId }: { agentId: string }) => Number(agentId.slice(3));
    const askShards = async (query: Float32Array) =>
      mergeShards(
        K,
        await Promise.all(
          shards.map(async (shard, i) => ({
            shard: `region-${i}`,
            results: (await shard.search(query, '', K, undefined)).results,
          })),
        ),
        [],
      );
    const times = { one: [] as number[], eight: [] as number[] };
    const found = { one: [] as number[][], eight: [] as number[][] };
    const truth: Uint32Array[] = [];
    for (const query of queries) {
      const exact = { method: { mode: 'exact' as const }, microseconds: 0 };
      truth.push((await whole.engine.search(query, K, { kind: 'living', count }, exact)).slots);
      const first = performance.now();
      found.one.push((await whole.search(query, '', K, undefined)).results.map(idOf));
      const second = performance.now();
      found.eight.push((await askShards(query)).results.map(idOf));
      times.one.push(second - first);
      times.eight.push(performance.now() - second);
    }
    const size = { vectors: count, shards: SHARDS };
    report({
      case: 'recall',
      sizes: size,
      ours: recallOf(found.eight, truth),
      peer: recallOf(found.one, truth),
      peerName: 'one index',
      unit: 'recall@10',
      better: 'higher',
      bar: { sign: '>=', value: 0.999 },
    });
    report({
      case: '95th percentile, all shards on this machine one after the other',
      sizes: size,
      ours: percentile(times.eight, 0.95) / SHARDS,
      peer: percentile(times.one, 0.95),
      peerName: 'one index; ours is divided by the shards, which are machines of their own',
      unit: 'ms',
      better: 'lower',
    });
    await Promise.all([whole, ...shards].map((table) => table.engine.close()));
  },
};
