// Search among the cards that pass a filter, filter evaluation included, against hnswlib-node with its own filter function.
// The planner's choice is also held against the best of the three methods at each share of passing cards.

import { CardTable } from '../../index-service/card-table.ts';
import type { Method } from '../../index-service/search/searcher.ts';
import type { CardFields } from '../../index-service/store/record.ts';
import type { Bench } from './bench.ts';
import { buildHnsw, plainArrays, tuneHnsw } from './hnswlib-peer.ts';
import { recallOf, vectorSource } from './index-data.ts';

const DIMS = 384;
const K = 10;
const QUERIES = 50;
const SHARES = [0.1, 0.01, 0.001];
const REGRET_SHARES = [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5, 1];
/** What hnswlib must be beaten by at each share: its filter slows down with the number of vectors. */
const BARS_USUAL = [5, 50, 300];
const BARS_FULL = [10, 200, 1_000];

const tagOf = (share: number) => `share-${share}`;

function fields(i: number, tags: string[]): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence: 1 },
    expiresAtMs: 1e15,
    region: 'eu',
    operator: '',
    sla: 'standard',
    tags,
    prices: [],
    words: [],
  };
}

export const bench: Bench = {
  name: 'index-filter',
  summary:
    'filtered search, against hnswlib-node with its filter function; and the planner against the best method',
  bar: { sign: '>=', value: 10 },
  async run({ sizes, random, compare, report, note }) {
    const count = sizes(20_000, 100_000);
    const stream = random('tags');
    const source = vectorSource(random('vectors'), DIMS);
    const vectors = source.draw(count);
    const queries = source.draw(QUERIES);
    const table = new CardTable(DIMS);
    const members = new Map<number, Set<number>>(REGRET_SHARES.map((share) => [share, new Set<number>()]));
    vectors.forEach((vector, i) => {
      const shares = REGRET_SHARES.filter((share) => stream.unit() < share);
      for (const share of shares) members.get(share)!.add(i);
      table.put(fields(i, shares.map(tagOf)), vector, 0);
    });
    await table.engine.settled();
    const plain = plainArrays(queries);
    const hnsw = buildHnsw(plainArrays(vectors), DIMS);
    const truthOf = async (share: number) => {
      const slots = Uint32Array.from(members.get(share)!);
      const out: Uint32Array[] = [];
      for (const query of queries)
        out.push(
          (await table.engine.search(query, K, { kind: 'list', slots }, fixed({ mode: 'exact' }))).slots,
        );
      return out;
    };
    tuneHnsw(hnsw, plain, await truthOf(1), 0.99, K);
    for (const [i, share] of SHARES.entries()) {
      const allowed = members.get(share)!;
      const filter = { tagsAny: [tagOf(share)] };
      const truth = await truthOf(share);
      const found = await Promise.all(
        queries.map(async (query) =>
          (await table.search(query, '', K, filter)).results.map(({ agentId }) => Number(agentId.slice(3))),
        ),
      );
      const theirs = plain.map((query) => hnsw.searchKnn(query, K, (label) => allowed.has(label)).neighbors);
      note(
        `index-filter, ${share * 100} % (${allowed.size}): recall ours ${recallOf(found, truth).toFixed(4)}, hnswlib-node ${recallOf(theirs, truth).toFixed(4)}`,
      );
      await compare({
        case: `${share * 100} % pass`,
        sizes: { vectors: count, passing: allowed.size },
        operations: QUERIES,
        peerName: 'hnswlib-node with its filter',
        bar: { sign: '>=', value: sizes(BARS_USUAL, BARS_FULL)[i]! },
        async ours() {
          for (const query of queries) await table.search(query, '', K, filter);
        },
        peer() {
          for (const query of plain) hnsw.searchKnn(query, K, (label) => allowed.has(label));
        },
      });
    }
    for (const share of REGRET_SHARES) {
      const slots = Uint32Array.from(members.get(share)!);
      const bits = {
        kind: 'bits' as const,
        bits: new Uint32Array(Math.ceil(count / 32)),
        count: slots.length,
      };
      for (const slot of slots) bits.bits[slot >>> 5]! |= 1 << (slot & 31);
      const selection =
        share === 1
          ? { kind: 'living' as const, count }
          : share > 1 / 16
            ? bits
            : { kind: 'list' as const, slots };
      const time = async (method?: Method) => {
        let best = Number.POSITIVE_INFINITY;
        for (let round = 0; round < 5; round++) {
          const start = performance.now();
          for (const query of queries)
            await table.engine.search(query, K, selection, method && fixed(method));
          best = Math.min(best, performance.now() - start);
        }
        return (best * 1_000) / QUERIES;
      };
      const { method } = table.engine.plan(K, selection);
      const state = table.engine.state();
      const methods: Method[] = [{ mode: 'exact' }];
      if (slots.length > 2 * state.compressed.want)
        methods.push({ mode: 'compressed', want: state.compressed.want });
      if (share >= 0.3 && state.linked > 0)
        methods.push({ mode: 'graph', beam: state.graph.beam, built: state.linked });
      const times = new Map<string, number>();
      for (const one of methods) times.set(one.mode, await time(one));
      const fastest = Math.min(...times.values());
      report({
        case: `planner at ${share * 100} %: ${method.mode}`,
        sizes: { vectors: count, passing: slots.length },
        ours: times.get(method.mode) ?? (await time(method)),
        peer: fastest,
        peerName: [...times].map(([mode, us]) => `${mode} ${us.toFixed(0)} us`).join(', '),
        unit: 'us',
        better: 'lower',
        bar: { sign: '<=', value: 1.5 },
      });
    }
    await table.engine.close();
  },
};

/** A method that is not planned. Zero microseconds: it runs on this thread. */
function fixed(method: Method) {
  return { method, microseconds: 0 };
}
