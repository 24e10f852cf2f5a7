// Turns the state of a run into the numbers that every tier answers with.

import type { Metrics, TierResult } from '../scenario/index.ts';
import { CORES_FIDELITY } from './fidelity.ts';
import { MS, SECOND } from './ground.ts';
import type { Simulation } from './simulation.ts';
import type { Waves } from './spread.ts';

/** Index into SHARES. */
const TO_95 = 1;
const TO_99 = 2;
const TO_ALL = 3;

function wavesMetrics(name: string, waves: Waves): [string, number][] {
  if (waves.all.size === 0) return [];
  const { durations } = waves;
  return [
    [`${name}.count`, waves.all.size],
    [`${name}.coverage`, waves.coverage()],
    [`${name}.arrival.p50Ms`, durations.quantile(0.5) / MS],
    [`${name}.arrival.p95Ms`, durations.quantile(0.95) / MS],
    [`${name}.arrival.p99Ms`, durations.quantile(0.99) / MS],
    [`${name}.arrival.maxMs`, durations.max / MS],
    [`${name}.to95.meanMs`, waves.meanTo(TO_95) / MS],
    [`${name}.to99.meanMs`, waves.meanTo(TO_99) / MS],
    [`${name}.to99.slowestMs`, waves.slowest(TO_99) / MS],
    [`${name}.toAll.slowestMs`, waves.slowest(TO_ALL) / MS],
  ];
}

/** Every number of a run as of now; `more` are those of parts that run beside the network. */
function metricsOf(simulation: Simulation, more: readonly [string, number][]): Metrics {
  const { comparisons, desks, forkRounds, forks, ground, gossip, penalties, through } = simulation;
  const { bytes, lost, sent } = ground.wire.counts;
  const { arrivals, duplicates, hopsKnown, hopsMax, hopsMean, rejected } = gossip.counts;
  const seconds = Math.max(1e-9, ground.loop.now / SECOND);
  const stored = through.gossip + through.sync;
  const found = forks.foundAfter;
  const all = [
    ...wavesMetrics('statements', simulation.statements),
    ...wavesMetrics('revocations', simulation.revocations),
    ...wavesMetrics('forks', forks.waves),
    ...(found.length === 0
      ? []
      : [
          ['forks.found', found.length],
          ['forks.foundShare', found.length / forks.waves.all.size],
          ['forks.found.slowestMs', Math.max(...found) / MS],
          ['forks.evidence.maxBytes', forks.bytesMax],
          ['forks.compared', forkRounds.taken],
        ]),
    ...(desks.count === 0
      ? []
      : [
          ['revocations.desks.valid', desks.verdicts.valid],
          ['revocations.desks.unknown', desks.verdicts.unknown],
        ]),
    ...(hopsKnown && arrivals > 0
      ? [
          ['gossip.hops.mean', hopsMean],
          ['gossip.hops.max', hopsMax],
        ]
      : []),
    ['gossip.duplicates', arrivals === 0 ? 0 : duplicates / arrivals],
    ['gossip.rejected', rejected],
    ['sync.comparisons', comparisons.counts.begun],
    ['sync.timeouts', comparisons.counts.timedOut],
    ['sync.storedShare', stored === 0 ? 0 : through.sync / stored],
    ['admission.penalties', penalties.count],
    ['encoding.roundTrips', simulation.post.roundTrips],
    ...simulation.payments.metrics(),
    ['messages.sent', sent],
    ['messages.lostShare', sent === 0 ? 0 : lost / sent],
    ['messages.bytesPerNodeSecond', bytes / ground.nodes / seconds],
    ...more,
  ] as [string, number][];
  // What did not come about has no time: it is left out, and a claim about it fails.
  return Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)));
}

/** Liveness: everything that honest nodes wrote is everywhere, once the network is healed. */
export function checkLiveness(simulation: Simulation): void {
  const { forkRounds, forks, ground, holdings, logs, plan, presence } = simulation;
  const { checks, loop, scenario, wire } = ground;
  if (scenario.network.healSeconds === 0) return;
  // Gossip tells of a fork once. Who is away or cut off then learns of it by comparison, from one neighbour after another: only once all of
  // them were asked it is a promise. Until then what is lacking is measured (forks.coverage).
  const allHeard = scenario.network.churn.share === 0 && scenario.network.partitions.length === 0;
  const forked = new Set(forks.forkedLogs);
  const honest = [...ground.cheats.keys()].filter((node) => ground.cheats[node] === 0);
  // Who has only adversaries around it can hear nothing: no protocol could reach it.
  const { first, to } = wire.topology;
  const reachable = honest.filter((node) =>
    to.subarray(first[node]!, first[node + 1]!).some((other) => ground.cheats[other] === 0),
  );
  const honestHere = reachable.filter((node) => presence.here[node] === 1);
  for (const [log] of plan.writers.entries()) {
    // What was written after the healing may still be on its way.
    const due = logs.newestBefore(log, wire.healedAt);
    for (const node of honestHere) {
      const held = holdings.version(node, log);
      if (forked.has(log)) {
        const sinceHealed = loop.now - wire.healedAt;
        if (!allHeard && sinceHealed < forkRounds.cycleOf(node)) continue;
        if (forks.knows(node, log) || held.size === 0) checks.held('forks are known');
        else checks.broken('forks are known', loop.now, `node ${node} has no evidence against log ${log}`);
        continue;
      }
      if (logs.continues(due, held)) checks.held('logs converge');
      else {
        const { size } = due;
        checks.broken(
          'logs converge',
          loop.now,
          `node ${node} holds ${held.size} of ${size} entries of log ${log}`,
        );
      }
    }
  }
  for (const { reached, startedAt, what } of simulation.revocations.all.values())
    if (startedAt > wire.healedAt) continue;
    else if (reached >= reachable.length) checks.held('revocations arrive');
    else
      checks.broken(
        'revocations arrive',
        loop.now,
        `${what} reached ${reached} of ${reachable.length} nodes`,
      );
}

/** The result as of now. */
export function resultOf(simulation: Simulation, more: readonly [string, number][] = []): TierResult {
  const { loop } = simulation.ground;
  return {
    tier: 'T2',
    fidelity: CORES_FIDELITY,
    events: loop.handled,
    virtualSeconds: loop.now / SECOND,
    traceHash: loop.traceHash(),
    metrics: metricsOf(simulation, more),
    samples: simulation.samples,
    checks: simulation.ground.checks.results(),
  };
}
