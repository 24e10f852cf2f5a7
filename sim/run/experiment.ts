// One scenario over its seeds: results, summaries with intervals, and what became of its claims.

import type { CheckResult, Claim, Fidelity, Sample, Scenario, TierResult } from '../scenario/index.ts';
import type { Job } from './messages.ts';
import { type PoolOptions, runJobs } from './pool.ts';
import { type Summary, summarizeAll } from './statistics.ts';

/** One seed of an experiment, without its samples: those are in the CSV. */
export interface SeedRun {
  readonly seed: number;
  readonly events: number;
  readonly virtualSeconds: number;
  readonly traceHash: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly checks: readonly CheckResult[];
}

export interface ClaimResult extends Claim {
  /** Mean over the seeds; null when no run has the number. */
  readonly got: number | null;
  readonly ok: boolean;
}

/** What `run.json` holds. */
export interface Experiment {
  readonly format: 1;
  readonly versions: { readonly zerostate: string; readonly node: string };
  readonly scenario: Scenario;
  readonly fidelity: readonly Fidelity[];
  readonly runs: readonly SeedRun[];
  readonly summary: Readonly<Record<string, Summary>>;
  readonly claims: readonly ClaimResult[];
}

/** An experiment with what is too long for `run.json`. */
export interface Finished {
  readonly experiment: Experiment;
  readonly samples: readonly { readonly seed: number; readonly samples: readonly Sample[] }[];
}

export interface ExperimentOptions extends PoolOptions {
  readonly version: string;
  /** File of the trace of a seed; no traces without. */
  readonly traceFile?: (seed: number) => string;
}

function judge(claims: readonly Claim[], summary: Readonly<Record<string, Summary>>): ClaimResult[] {
  return claims.map((claim) => {
    const got = summary[claim.metric]?.mean ?? null;
    const ok = got !== null && (claim.sign === '<=' ? got <= claim.value : got >= claim.value);
    return { ...claim, got, ok };
  });
}

/** Puts results together. */
export function experimentOf(
  scenario: Scenario,
  results: readonly TierResult[],
  version: string,
): Experiment {
  const runs = results.map(({ checks, events, metrics, traceHash, virtualSeconds }, n) => ({
    seed: scenario.seeds.first + n,
    events,
    virtualSeconds,
    traceHash,
    metrics,
    checks,
  }));
  const summary = summarizeAll(runs.map(({ metrics }) => metrics));
  return {
    format: 1,
    versions: { zerostate: version, node: process.version },
    scenario,
    fidelity: results[0]?.fidelity ?? [],
    runs,
    summary,
    claims: judge(scenario.claims, summary),
  };
}

/** Runs a scenario with each of its seeds. */
export async function runExperiment(scenario: Scenario, options: ExperimentOptions): Promise<Finished> {
  const { first, count } = scenario.seeds;
  const jobs: Job[] = Array.from({ length: count }, (_, n) => ({
    scenario,
    seed: first + n,
    traceFile: options.traceFile?.(first + n) ?? null,
  }));
  const results = await runJobs(jobs, options);
  return {
    experiment: experimentOf(scenario, results, options.version),
    samples: results.map(({ samples }, n) => ({ seed: first + n, samples })),
  };
}

/** Checks that did not hold, with their seeds. */
export function failures(experiment: Experiment): { readonly seed: number; readonly check: CheckResult }[] {
  return experiment.runs.flatMap(({ checks, seed }) =>
    checks.filter(({ ok }) => !ok).map((check) => ({ seed, check })),
  );
}
