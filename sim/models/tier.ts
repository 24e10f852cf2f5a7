// The models tier (T3): typed arrays and a time wheel, for scaling laws up to a million nodes.

import { ZeroError } from '../../protocol/errors/index.ts';
import { Durations, SHARES } from '../cores/spread.ts';
import { randomStream } from '../random.ts';
import type { Fidelity, RunSinks, Sample, Scenario, Tier, TierResult } from '../scenario/index.ts';
import { TraceHash } from '../trace.ts';
import { Epidemic, type Spread } from './epidemic.ts';
import { Population } from './population.ts';

const US_PER_MS = 1_000;
/** Arrivals of one run: messages beyond are left out, and the result says how many were spread. */
const ARRIVALS_MAX = 20_000_000;

const FIDELITY: readonly Fidelity[] = [
  {
    part: 'gossip',
    is: 'modelled',
    how: 'push along a mesh of random rings, announcements to random nodes with the next heartbeat',
  },
  {
    part: 'transport',
    is: 'modelled',
    how: 'delay by coordinates, lognormal jitter, independent loss with the mean of the loss model',
  },
  {
    part: 'churn',
    is: 'modelled',
    how: 'each node is away for a whole message with the share of time that it is away',
  },
  {
    part: 'adversaries',
    is: 'modelled',
    how: 'share times intensity of the nodes take messages and pass nothing on, whatever their kind',
  },
  { part: 'anti-entropy', is: 'absent', how: 'what gossip misses stays missing' },
  {
    part: 'contents',
    is: 'absent',
    how: 'no logs, signatures, revocations or forks: one message spreads at a time',
  },
  { part: 'bandwidth', is: 'absent', how: 'messages do not wait for each other' },
];

/** Messages of the workload, as many as the bound on arrivals allows, at least one. */
function messagesOf({ topology, workload }: Scenario): number {
  const { revocations, statements } = workload;
  const wanted =
    (statements === undefined ? 0 : statements.perSecond * statements.forSeconds) + (revocations?.count ?? 0);
  return Math.max(1, Math.min(Math.round(wanted), Math.floor(ARRIVALS_MAX / topology.nodes)));
}

function refuse(scenario: Scenario): void {
  const { network, workload } = scenario;
  const named = (what: string) => new ZeroError('SCENARIO_INVALID', `tier T3 has no ${what}`);
  if (network.partitions.length > 0) throw named('partitions');
  if (network.latency.matrixFile !== '') throw named('latency matrix');
  for (const part of ['forks', 'reputation', 'channels', 'routes'] as const)
    if (workload[part] !== undefined) throw named(part);
}

function run(scenario: Scenario, seed: number, sinks: RunSinks): TierResult {
  refuse(scenario);
  const population = new Population(scenario, seed);
  const epidemic = new Epidemic(scenario, population);
  const messages = messagesOf(scenario);
  const sources = randomStream(seed, 'sources');
  const trace = new TraceHash();
  const durations = new Durations();
  const spreads: Spread[] = [];
  let events = 0;
  let latest = 0;
  for (let message = 0; message < messages; message++) {
    if (sinks.signal?.aborted === true) break;
    const spread = epidemic.run(
      message,
      epidemic.sourceFrom(sources.below(population.nodes), message),
      trace,
    );
    for (const arrival of spread.arrivals) durations.add(arrival * US_PER_MS);
    events += spread.events;
    latest = Math.max(latest, durations.max / 1e6);
    spreads.push(spread);
    sinks.progress?.((scenario.seconds * (message + 1)) / messages, events);
  }
  const mean = (pick: (spread: Spread) => number) =>
    spreads.reduce((sum, spread) => sum + pick(spread), 0) / spreads.length;
  const honest = Math.max(
    1,
    mean(({ reached }) => reached),
  );
  const all: [string, number][] = [
    ['statements.count', spreads.length],
    ['statements.arrival.p50Ms', durations.quantile(0.5) / US_PER_MS],
    ['statements.arrival.p95Ms', durations.quantile(0.95) / US_PER_MS],
    ['statements.arrival.p99Ms', durations.quantile(0.99) / US_PER_MS],
    ['statements.arrival.maxMs', durations.max / US_PER_MS],
    ['statements.to95.meanMs', mean(({ took }) => took[SHARES.indexOf(0.95)]!)],
    ['statements.to99.meanMs', mean(({ took }) => took[SHARES.indexOf(0.99)]!)],
    ['statements.reached.mean', honest],
    ['gossip.hops.mean', mean(({ hopsMean }) => hopsMean)],
    ['gossip.hops.max', Math.max(...spreads.map(({ hopsMax }) => hopsMax))],
    ['gossip.duplicates', mean(({ duplicates }) => duplicates) / honest],
    ['gossip.announced', mean(({ announced }) => announced) / honest],
  ];
  return {
    tier: 'T3',
    fidelity: FIDELITY,
    events,
    virtualSeconds: latest,
    traceHash: trace.digest(),
    metrics: Object.fromEntries(all.filter(([, value]) => Number.isFinite(value))),
    samples: curve(spreads, scenario),
    checks: [],
  };
}

/** Share of the reached nodes over time, over all messages: at most 200 points. */
function curve(spreads: readonly Spread[], scenario: Scenario): Sample[] {
  const points = 200;
  const end = spreads.reduce((longest, { arrivals }) => Math.max(longest, arrivals.at(-1) ?? 0), 0);
  const width = Math.max(end / points, 1 / 10);
  const counts = new Float64Array(points + 1);
  let total = 0;
  for (const { arrivals } of spreads) {
    for (const arrival of arrivals) counts[Math.min(points, Math.floor(arrival / width))]! += 1;
    total += arrivals.length;
  }
  const samples: Sample[] = [];
  let sum = 0;
  for (const [i, count] of counts.entries()) {
    sum += count;
    const at = ((i + 1) * width) / 1_000;
    if (at < scenario.seconds)
      samples.push({ at, metric: 'statements.coverage', value: sum / Math.max(1, total) });
  }
  return samples;
}

/** The tier. */
export const modelsTier: Tier = {
  id: 'T3',
  summary: 'typed-array models of gossip for scaling laws, up to a million nodes',
  run: async (scenario, seed, sinks = {}) => run(scenario, seed, sinks),
};
