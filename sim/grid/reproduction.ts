// The published figure again: all policies over all loads, the median of several trials, and how far it is from the paper.

import { runGrid } from './model.ts';
import { GRID_LOADS, GRID_POLICIES, type GridPolicy, KNEE, PAPER } from './paper.ts';

/** Units of time until a learner has settled, even where it starts with a flood of lost packets; and those that are measured. */
const SETTLE: Readonly<Record<GridPolicy, number>> = {
  'shortest-path': 5_000,
  'q-routing': 15_000,
  'full-echo': 5_000,
};
const MEASURE = 5_000;

export interface GridPoint {
  readonly policy: GridPolicy;
  readonly load: number;
  /** Median over the trials of the mean delivery time. */
  readonly ours: number;
  readonly paper: number;
  /** Below the knee the mean is a property of the policy; beyond it, of when one stops. */
  readonly belowKnee: boolean;
}

export interface GridTrials {
  readonly trials: number;
  readonly seed: number;
  /** Shortens every run, for tests that want the shape only. */
  readonly share?: number;
}

/** All points that the paper has for a policy. */
export function reproduce(policy: GridPolicy, { trials, seed, share = 1 }: GridTrials): GridPoint[] {
  const points: GridPoint[] = [];
  for (const [at, load] of GRID_LOADS.entries()) {
    const paper = PAPER[policy][at];
    if (paper === undefined) continue;
    const means = Array.from({ length: trials }, (_, trial) => {
      const times = { settle: SETTLE[policy] * share, measure: MEASURE * share };
      return runGrid({ policy, load, seed: seed * 1_000 + trial, ...times }).mean;
    });
    means.sort((a, b) => a - b);
    const ours = means[Math.floor(trials / 2)]!;
    points.push({ policy, load, ours, paper, belowKnee: load <= KNEE[policy] });
  }
  return points;
}

/** The whole figure. */
export function reproduceAll(trials: GridTrials): GridPoint[] {
  return GRID_POLICIES.flatMap((policy) => reproduce(policy, trials));
}

/** Mean relative difference from the paper over the points below the knee. */
export function meanError(points: readonly GridPoint[]): number {
  const held = points.filter(({ belowKnee }) => belowKnee);
  return held.reduce((sum, { ours, paper }) => sum + Math.abs(ours - paper) / paper, 0) / held.length;
}
