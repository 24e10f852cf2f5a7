// Search among the cards that pass a filter, filter evaluation included, against hnswlib-node with its own filter function, and
// against zvec where it is installed.
// The planner's choice is also held against the best of the three methods at each share of passing cards.

import { join } from 'node:path';
import type { CardFilter } from '../../index-service/interface.ts';
import { sieveAt } from '../../index-service/search/planner.ts';
import type { Method } from '../../index-service/search/searcher.ts';
import type { Bench } from './bench.ts';
import { plainArrays, tuneHnsw } from './hnswlib-peer.ts';
import { recallOf, vectorSource } from './index-data.ts';
import { bareFields, KeptVectors } from './kept.ts';
import { median } from './measure.ts';
import { zvecPeer } from './zvec-peer.ts';

const DIMS = 384;
const K = 10;
const QUERIES = 50;
const SHARES = [0.1, 0.01, 0.001];
const REGRET_SHARES = [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 0.5, 1];
/** What hnswlib must be beaten by at each share: its filter slows down with the number of vectors. */
const BARS_USUAL = [5, 50, 300];
const BARS_FULL = [10, 200, 1_000];

/** Rounds of each side, and how long each lasts: the same time for both, so that each answers from its own warm caches. */
const ROUNDS = 7;
const ROUND_MS = 300;

/** Share of the cards that one side of the combined filter lets through; its two sides together let a tenth pass. */
const SIDE_SHARE = 1 / 3;
/** Dead slots of the last case: what a table may have before it is compacted is four times as many. */
const DEAD_SHARE = 0.05;

const TAG_SHARES = [...REGRET_SHARES, SIDE_SHARE];

const tagOf = (share: number) => `share-${share}`;

export const bench: Bench = {
  name: 'index-filter',
  summary:
    'filtered search, against hnswlib-node with its filter function; and the planner against the best method',
  bar: { sign: '>=', value: 10 },
  async run({ seed, sizes, vectors, random, report, note, folder }) {
    const count = vectors(20_000, 100_000);
    const stream = random('tags');
    const source = vectorSource(random('vectors'), DIMS);
    const kept = new KeptVectors(`index-filter ${seed}`, source, count, DIMS, note);
    const queries = source.draw(QUERIES);
    const members = new Map<number, Set<number>>(TAG_SHARES.map((share) => [share, new Set<number>()]));
    const tags = kept.vectors.map((_, i) => {
      const shares = TAG_SHARES.filter((share) => stream.unit() < share);
      for (const share of shares) members.get(share)!.add(i);
      return shares.map(tagOf);
    });
    const table = await kept.table(`shares ${TAG_SHARES}`, (fresh) => {
      for (const [i, vector] of kept.vectors.entries())
        fresh.put({ ...bareFields(i), tags: tags[i]! }, vector, 0);
    });
    const plain = plainArrays(queries);
    const hnsw = kept.hnsw();
    const truthAmong = async (slots: Uint32Array) => {
      const out: Uint32Array[] = [];
      for (const query of queries)
        out.push(
          (await table.engine.search(query, K, { kind: 'list', slots }, fixed({ mode: 'exact' }))).slots,
        );
      return out;
    };
    const wholeTruth = await truthAmong(Uint32Array.from(members.get(1)!));
    tuneHnsw(hnsw, plain, wholeTruth, 0.99, K);
    const numberOf = new Map(TAG_SHARES.map((share, i) => [tagOf(share), i]));
    const zvec = await zvecPeer(
      join(folder(), 'zvec'),
      kept.vectors,
      tags.map((own) => own.map((tag) => numberOf.get(tag)!)),
    );
    zvec?.tune(queries, wholeTruth, 0.99, K);
    note(zvec === null ? 'zvec is not installed' : 'zvec takes part');
    const measure = async (
      label: string,
      filter: CardFilter & { tagsAll: readonly string[] },
      allowed: ReadonlySet<number>,
      least: number,
    ) => {
      const slots = Uint32Array.from([...allowed].sort((a, b) => a - b));
      const truth = await truthAmong(slots);
      const found = await Promise.all(
        queries.map(async (query) =>
          (await table.search(query, '', K, filter)).results.map(({ agentId }) => Number(agentId.slice(3))),
        ),
      );
      const theirs = plain.map((query) => hnsw.searchKnn(query, K, (one) => allowed.has(one)).neighbors);
      const wanted = filter.tagsAll.map((tag) => numberOf.get(tag)!);
      const zvecs = zvec && queries.map((query) => zvec.search(query, K, wanted));
      const recalls = { ours: found, 'hnswlib-node': theirs, ...(zvecs && { zvec: zvecs }) };
      const named = Object.entries(recalls).map(
        ([name, got]) => `${name} ${recallOf(got, truth).toFixed(4)}`,
      );
      note(`index-filter, ${label} (${allowed.size}): recall ${named.join(', ')}`);
      const ours = async (i: number) => table.search(queries[i % QUERIES]!, '', K, filter);
      const peer = async (i: number) => hnsw.searchKnn(plain[i % QUERIES]!, K, (one) => allowed.has(one));
      const third = async (i: number) => zvec?.search(queries[i % QUERIES]!, K, wanted);
      const rates = { ours: [] as number[], peer: [] as number[], third: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        rates.ours.push(await rateOf(ours));
        rates.peer.push(await rateOf(peer));
        if (zvec !== null) rates.third.push(await rateOf(third));
      }
      const row = {
        sizes: { vectors: count, passing: allowed.size },
        ours: median(rates.ours),
        unit: 'op/s',
        better: 'higher',
      } as const;
      report({
        ...row,
        case: label,
        peer: median(rates.peer),
        peerName: 'hnswlib-node with its filter',
        bar: { sign: '>=', value: least },
      });
      if (zvec === null) return;
      report({
        ...row,
        case: `${label}, zvec`,
        peer: median(rates.third),
        peerName: 'zvec with its filter',
        bar: { sign: '>=', value: 1 },
      });
    };
    const bars = sizes(BARS_USUAL, BARS_FULL);
    for (const [i, share] of SHARES.entries())
      await measure(`${share * 100} % pass`, { tagsAll: [tagOf(share)] }, members.get(share)!, bars[i]!);
    const [one, other] = [members.get(0.3)!, members.get(SIDE_SHARE)!];
    await measure(
      'two conditions, 10 % pass',
      { tagsAll: [tagOf(0.3), tagOf(SIDE_SHARE)] },
      new Set([...one].filter((slot) => other.has(slot))),
      bars[0]!,
    );
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
      const { want } = sieveAt(state.compressed, share);
      if (slots.length > 2 * want) methods.push({ mode: 'compressed', want });
      if (share >= 0.1 && state.linked > 0)
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
    // Last of all: what is dead stays so.
    const dead = new Set(Array.from({ length: count * DEAD_SHARE }, (_, i) => Math.floor(i / DEAD_SHARE)));
    for (const slot of dead) table.remove(`zs:${slot}`);
    zvec?.remove(dead);
    const left = (share: number) => new Set([...members.get(share)!].filter((slot) => !dead.has(slot)));
    await measure(
      `10 % pass, ${DEAD_SHARE * 100} % of all slots dead`,
      { tagsAll: [tagOf(0.1)] },
      left(0.1),
      bars[0]!,
    );
    zvec?.close();
    await table.engine.close();
  },
};

/** Queries a second, one after the other. */
async function rateOf(ask: (i: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let done = 0;
  let spent = 0;
  while (spent < ROUND_MS) {
    await ask(done++);
    spent = performance.now() - started;
  }
  return (done * 1_000) / spent;
}

/** A method that is not planned. Zero microseconds: it runs on this thread. */
function fixed(method: Method) {
  return { method, microseconds: 0 };
}
