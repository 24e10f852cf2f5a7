// What a run may ask of the machine: scenarios come from anybody, and each value of one may be within its own bounds while all together are
// not. And how often is sampled.

import type { Scenario } from './schema.ts';

/** Receptions that one run keeps track of (nodes times logs): a few bytes each. */
const LOG_PLACES_MAX = 50_000_000;
/** Links of one run of real code: some sixty bytes each. */
const LINKS_MAX = 10_000_000;
/** Statements that one run may write, each with a signature and a new version of its log: some kilobytes each. */
const STATEMENTS_MAX = 1_000_000;
/** Places of a statement at a node: a bit each, so a gigabyte. */
const SEEN_PLACES_MAX = 8_000_000_000;
/** Payments of one run: four signatures each. */
const PAYMENTS_MAX = 2_000_000;
/** Requests over relays of one run: they are simulated one by one. */
const REQUESTS_MAX = 20_000_000;
/** Samples of one run over time; more are no longer told apart in a plot. */
const SAMPLES_MAX = 10_000;

/** What of a scenario is too much for the cores tier, in words; undefined when nothing is. */
export function tooMuchForCores({ topology, workload }: Scenario): string | undefined {
  const { nodes } = topology;
  const { channels, forks, revocations, routes, statements } = workload;
  const forked = forks?.count ?? 0;
  const logs = Math.max(statements?.writers ?? 0, revocations?.count ?? 0) + forked;
  const written = (statements?.perSecond ?? 0) * (statements?.forSeconds ?? 0);
  const over = (what: string, value: number, most: number): string | undefined =>
    value > most ? `${what} is ${value}, more than ${most}` : undefined;
  return (
    over('workload: writers times nodes', logs * nodes, LOG_PLACES_MAX) ??
    over('topology: nodes times degree', nodes * topology.degree, LINKS_MAX) ??
    over('workload.statements: perSecond times forSeconds', written, STATEMENTS_MAX) ??
    over('workload.statements: all of them times nodes', written * nodes, SEEN_PLACES_MAX) ??
    over(
      'workload.channels: perSecond times forSeconds',
      (channels?.perSecond ?? 0) * (channels?.forSeconds ?? 0),
      PAYMENTS_MAX,
    ) ??
    over(
      'workload.routes: perSecond times the time',
      (routes?.perSecond ?? 0) * ((routes?.settleSeconds ?? 0) + (routes?.forSeconds ?? 0)),
      REQUESTS_MAX,
    )
  );
}

/** Virtual seconds between two samples: as the scenario says, or more in a run that would have too many. */
export function sampleEvery({ measure, seconds }: Scenario): number {
  return Math.max(measure.everySeconds, seconds / SAMPLES_MAX);
}
