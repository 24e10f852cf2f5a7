// Real nodes under virtual time (T1) and over TCP (T0): whether one seed is one run at T1, and how near the protocol's cores on an event heap
// (T2) are to both, given the same topology, writers and times. T0 goes by the machine's own time, so only a quiet machine can answer for it:
// it is a part of --full, or of --only tcp.

import { enableCompileCache } from 'node:module';
import { coresTier } from '../../sim/cores/tier.ts';
import { runInChild } from '../../sim/real/tier.ts';
import type { Job } from '../../sim/run/messages.ts';
import { runJobs } from '../../sim/run/pool.ts';
import { completeScenario, type Scenario, type TierResult } from '../../sim/scenario/index.ts';
import type { Bench, BenchContext } from './bench.ts';

const APART_PROMISED = 15;
const APART_TCP_PROMISED = 20;
/** Bytes of a card with its log entry, which is what real nodes publish here. */
const CARD_BYTES = 2_600;
const MIB = 1_048_576;
const PARTS = ['determinism', 'virtual', 'tcp'] as const;
/** A mesh in pieces, which announcements keep together. */
const STARVED = { gossip: 'mesh', meshDegree: 2 } as const;
/** How gossip spreads, the fastest first. */
const POLICIES = [{ gossip: 'mesh' }, STARVED, { gossip: 'none', antiEntropySeconds: 2 }] as const;
const TCP_NODES = 12;
/** How late the timers of a quiet machine are at most, nineteen in twenty. */
const LATE_MS_MAX = 5;
/** Delays of those links: long, since real nodes compute as well, all of them on one processor, and T2 counts none of it. */
const TCP_LATENCY = { minMs: 40, maxMs: 400 };
/** Statements a second of those: a second of one processor serves some hundreds of arrivals. */
const TCP_PER_SECOND = 1;

const spreading = (
  nodes: number,
  protocol: object,
  perSecond: number,
  latency = { minMs: 10, maxMs: 100 },
): Scenario =>
  completeScenario({
    tier: 'T1',
    seconds: 20,
    topology: { nodes, degree: 8 },
    network: { latency },
    protocol,
    workload: { statements: { writers: 10, perSecond, fromSeconds: 1, forSeconds: 12, bytes: CARD_BYTES } },
  });

const SMALL = completeScenario({
  tier: 'T1',
  seconds: 6,
  topology: { nodes: 4, degree: 2 },
  network: {
    latency: { minMs: 10, maxMs: 80 },
    loss: { good: 0.05 },
    churn: { share: 0.5, onSeconds: 3, offSeconds: 2 },
  },
  protocol: { antiEntropySeconds: 1 },
  workload: { statements: { writers: 4, perSecond: 2, fromSeconds: 0.5, forSeconds: 3 } },
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const arrival = (results: readonly TierResult[], point: string): number =>
  mean(results.map(({ metrics }) => metrics[`statements.arrival.${point}Ms`] ?? Number.NaN));
const jobsOf = (scenario: Scenario, seeds: readonly number[]): Job[] =>
  seeds.map((seed) => ({ scenario, seed, traceFile: null }));
const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, n) => first + n);

export const bench: Bench = {
  name: 'sim-real',
  summary: 'real nodes under virtual time: one seed one run, their speed, and how near T2 is to them',
  bar: { sign: '<=', value: 1 },
  async run(context) {
    const { full, only: chosen } = context;
    const unknown = chosen.find((part) => !PARTS.some((one) => one === part));
    if (unknown !== undefined) throw new Error(`no part ${unknown}; there are ${PARTS.join(', ')}`);
    const wants = (part: (typeof PARTS)[number]) =>
      chosen.length === 0 ? full || part !== 'tcp' : chosen.includes(part);
    // Each run has a process of its own; without this each would compile the whole node again.
    enableCompileCache(context.folder());
    if (wants('determinism')) await determinism(context);
    if (wants('virtual')) await virtual(context);
    if (wants('tcp')) await tcp(context);
  },
};

async function determinism(context: BenchContext): Promise<void> {
  const seeds = seedsFrom(context.seed, context.sizes(2, 50));
  const results = await followed(context, 'determinism', jobsOf(SMALL, [...seeds, ...seeds]));
  const differing = seeds.filter(
    (_, at) => results[at]!.traceHash !== results[at + seeds.length]!.traceHash,
  ).length;
  context.report({
    case: 'seeds whose two runs differ, plus one',
    sizes: { seeds: seeds.length, nodes: SMALL.topology.nodes },
    ours: differing + 1,
    peer: 1,
    peerName: 'none differs',
    unit: 'seeds',
    better: 'lower',
  });
}

async function virtual(context: BenchContext): Promise<void> {
  const { note, seed, sizes } = context;
  const nodes = sizes(24, 60);
  const scenario = spreading(nodes, {}, 2);
  const seeds = seedsFrom(seed, sizes(2, 5));
  const started = performance.now();
  const { memoryBytes, result } = await runInChild(scenario, seed);
  const seconds = (performance.now() - started) / 1_000;
  note(
    `T1, ${nodes} nodes: ${result.events} events in ${seconds.toFixed(1)} s, ${Math.round(result.events / seconds)} a second with the start of the nodes, ${Math.round(memoryBytes / MIB)} MiB`,
  );
  const real = [result, ...(await followed(context, 'T1', jobsOf(scenario, seeds.slice(1))))];
  const cores = await runJobs(jobsOf({ ...scenario, tier: 'T2' }, seeds));
  for (const point of ['p50', 'p95']) apart(context, 'T1', point, real, cores, APART_PROMISED);
  const sparse = spreading(nodes, STARVED, 2);
  // The slowest twentieth of a mesh in pieces differs by half from seed to seed: few seeds say nothing.
  const more = seedsFrom(seed, sizes(6, 10));
  const starved = await followed(context, 'T1, degree 2', jobsOf(sparse, more));
  const modelled = await runJobs(jobsOf({ ...sparse, tier: 'T2' }, more));
  for (const point of ['p50', 'p95'])
    apart(context, 'T1, degree 2,', point, starved, modelled, APART_PROMISED);
}

async function tcp(context: BenchContext): Promise<void> {
  const { note, report, seed, sizes } = context;
  const seeds = seedsFrom(seed, sizes(1, 2));
  const order: Record<'T0' | 'T2', number[]> = { T0: [], T2: [] };
  for (const protocol of POLICIES) {
    const gentle = spreading(TCP_NODES, protocol, TCP_PER_SECOND, TCP_LATENCY);
    const what = `T0, ${Object.values(protocol).join(' ')}`;
    const real = await followed(context, what, jobsOf({ ...gentle, tier: 'T0' }, seeds));
    const cores: TierResult[] = [];
    for (const each of seeds) cores.push(await coresTier({}).run({ ...gentle, tier: 'T2' }, each));
    const late = mean(real.map(({ metrics }) => metrics['machine.late.p95Ms'] ?? Number.NaN));
    const isQuiet = late < LATE_MS_MAX;
    note(
      `${what}: timers were ${late.toFixed(1)} ms late (p95)${isQuiet ? '' : ': this machine is not quiet, and these figures are its own'}`,
    );
    order.T0.push(arrival(real, 'p95'));
    order.T2.push(arrival(cores, 'p95'));
    if (protocol === POLICIES[0]) apart(context, 'T0', 'p95', real, cores, APART_TCP_PROMISED);
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
}

/** Runs jobs, as many at once as make sense, and says how far it is. */
async function followed({ note }: BenchContext, what: string, jobs: readonly Job[]): Promise<TierResult[]> {
  const started = performance.now();
  let done = 0;
  return await runJobs(jobs, {
    onResult() {
      done += 1;
      const seconds = (performance.now() - started) / 1_000;
      const left = Math.ceil((seconds / done) * (jobs.length - done));
      note(`${what}: ${done} of ${jobs.length} in ${seconds.toFixed(0)} s, about ${left} s left`);
    },
  });
}

function apart(
  { note, report }: BenchContext,
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
