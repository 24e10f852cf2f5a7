// Real nodes under virtual time (T1): whether one seed is one run, how fast, and how near the protocol's cores on an event heap (T2) are to
// them on the same topology; with --full also real nodes over TCP (T0), which only a quiet machine can answer.

import { coresTier } from '../../sim/cores/tier.ts';
import { runInChild } from '../../sim/real/tier.ts';
import { completeScenario, type Scenario, type TierResult } from '../../sim/scenario/index.ts';
import type { Bench } from './bench.ts';

const APART_PROMISED = 15;
const APART_TCP_PROMISED = 20;
/** Bytes of a card with its log entry, which is what real nodes publish here. */
const CARD_BYTES = 2_600;
const MIB = 1_048_576;
/** How gossip spreads, the fastest first. */
const POLICIES = [
  { gossip: 'mesh' },
  { gossip: 'mesh', meshDegree: 2 },
  { gossip: 'none', antiEntropySeconds: 2 },
] as const;

const spreading = (nodes: number, protocol: object, perSecond: number): Scenario =>
  completeScenario({
    tier: 'T1',
    seconds: 20,
    topology: { nodes, degree: 8 },
    network: { latency: { minMs: 10, maxMs: 100 } },
    protocol,
    workload: { statements: { writers: 10, perSecond, fromSeconds: 1, forSeconds: 12, bytes: CARD_BYTES } },
  });

const SMALL = completeScenario({
  tier: 'T1',
  seconds: 6,
  topology: { nodes: 4, degree: 2 },
  network: { latency: { minMs: 10, maxMs: 80 }, loss: { good: 0.05 } },
  protocol: { antiEntropySeconds: 1 },
  workload: { statements: { writers: 4, perSecond: 2, fromSeconds: 0.5, forSeconds: 3 } },
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const arrival = (results: readonly TierResult[], point: string): number =>
  mean(results.map(({ metrics }) => metrics[`statements.arrival.${point}Ms`] ?? Number.NaN));

export const bench: Bench = {
  name: 'sim-real',
  summary: 'real nodes under virtual time: one seed one run, their speed, and how near T2 is to them',
  bar: { sign: '<=', value: 1 },
  async run({ full, note, report, seed, sizes }) {
    const seeds = sizes(2, 50);
    let differing = 0;
    for (let at = 0; at < seeds; at++) {
      const [one, two] = await Promise.all([runInChild(SMALL, seed + at), runInChild(SMALL, seed + at)]);
      if (one.result.traceHash !== two.result.traceHash) differing += 1;
    }
    report({
      case: 'seeds whose two runs differ, plus one',
      sizes: { seeds, nodes: SMALL.topology.nodes },
      ours: differing + 1,
      peer: 1,
      peerName: 'none differs',
      unit: 'seeds',
      better: 'lower',
    });

    const nodes = sizes(24, 100);
    const scenario = spreading(nodes, {}, 2);
    const real: TierResult[] = [];
    const cores: TierResult[] = [];
    for (let at = 0; at < sizes(2, 5); at++) {
      const started = performance.now();
      const { memoryBytes, result } = await runInChild(scenario, seed + at);
      const seconds = (performance.now() - started) / 1_000;
      note(
        `T1, ${nodes} nodes: ${result.events} events in ${seconds.toFixed(1)} s, ${Math.round(result.events / seconds)} a second with the start of the nodes, ${Math.round(memoryBytes / MIB)} MiB`,
      );
      real.push(result);
      cores.push(await coresTier({}).run({ ...scenario, tier: 'T2' }, seed + at));
    }
    for (const point of ['p50', 'p95']) apart('T1', point, real, cores, APART_PROMISED);

    if (!full) return;
    const order: Record<'T0' | 'T2', number[]> = { T0: [], T2: [] };
    for (const protocol of POLICIES) {
      const gentle = spreading(12, protocol, 1);
      const tcp = [(await runInChild({ ...gentle, tier: 'T0' }, seed, {}, 'T0')).result];
      const heap = [await coresTier({}).run({ ...gentle, tier: 'T2' }, seed)];
      order.T0.push(arrival(tcp, 'p95'));
      order.T2.push(arrival(heap, 'p95'));
      if (protocol === POLICIES[0]) apart('T0', 'p95', tcp, heap, APART_TCP_PROMISED);
    }
    note(
      `p95 by policy, ms: T0 ${order.T0.map(Math.round).join(', ')}; T2 ${order.T2.map(Math.round).join(', ')}`,
    );
    const isRanked = (p95: readonly number[]) => p95.every((value, at) => at === 0 || value >= p95[at - 1]!);
    report({
      case: 'tiers that rank the policies otherwise, plus one',
      sizes: { policies: POLICIES.length },
      ours: 1 + [order.T0, order.T2].filter((p95) => !isRanked(p95)).length,
      peer: 1,
      peerName: 'none',
      unit: 'tiers',
      better: 'lower',
    });

    function apart(
      tier: string,
      point: string,
      ones: readonly TierResult[],
      others: readonly TierResult[],
      promised: number,
    ): void {
      const [one, other] = [arrival(ones, point), arrival(others, point)];
      note(`arrival ${point}: ${tier} ${one.toFixed(1)} ms, T2 ${other.toFixed(1)} ms`);
      report({
        case: `${tier} against T2, arrival ${point}`,
        sizes: { seeds: ones.length },
        ours: (100 * Math.abs(other - one)) / one,
        peer: promised,
        peerName: 'promised',
        unit: '% apart',
        better: 'lower',
      });
    }
  },
};
