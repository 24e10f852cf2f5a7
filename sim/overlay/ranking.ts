// All policies over the same scenarios and seeds, side by side: the table that decides which is the default.

import { POLICY_NAMES, type PolicyName } from '../../protocol/routing/index.ts';
import { runOverlay } from './model.ts';
import { healthy, MULTI_HOP, ONE_HOP, type OverlayScenario } from './scenario.ts';

/** What is ranked: both shapes of the network, with faults and without. */
export const RANKED: readonly OverlayScenario[] = [ONE_HOP, MULTI_HOP, healthy(ONE_HOP), healthy(MULTI_HOP)];

/** One policy in one scenario, means over the seeds. */
export interface Ranked {
  readonly scenario: string;
  readonly policy: PolicyName;
  readonly requests: number;
  readonly meanMs: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

export interface RankingOptions {
  readonly seeds: readonly number[];
  readonly measureS: number;
  readonly policies?: readonly PolicyName[];
}

/** Every policy in one scenario, lowest p95 first. Each meets the same network, arrivals and faults. */
export function rank(scenario: OverlayScenario, options: RankingOptions): Ranked[] {
  const { seeds, measureS, policies = POLICY_NAMES } = options;
  const rows = policies.map((policy): Ranked => {
    const runs = seeds.map((seed) => runOverlay({ ...scenario, seed, measureS }, policy));
    const mean = (of: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
    return {
      scenario: scenario.name,
      policy,
      requests: runs.reduce((sum, run) => sum + run.requests, 0),
      meanMs: mean((run) => run.meanMs),
      p95Ms: mean((run) => run.p95Ms),
      p99Ms: mean((run) => run.p99Ms),
      failed: mean((run) => run.failed),
    };
  });
  return rows.sort((a, b) => a.p95Ms - b.p95Ms);
}
