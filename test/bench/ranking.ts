// Which of two policies is better, and how sure that is: by pairs, over seeds that both ran; and whether two tiers say the same. Pure.

import type { RandomStream } from '../../sim/random.ts';
import { percentile } from './node-rig.ts';

/** What one policy took in one run. */
export interface RankedRun {
  readonly tier: string;
  readonly seed: number;
  readonly label: string;
  readonly setup: readonly number[];
  readonly request: readonly number[];
  readonly failed: number;
  readonly byLiar: number;
  readonly relays: number;
  readonly kept: number;
  /** How late timers were (p99), where that says how quiet the machine was. */
  readonly lateMs?: number;
  /** p95 of the day on which nothing was wrong. */
  readonly calm: { readonly setup: number; readonly request: number };
}

export const MEASURES = ['setup', 'request'] as const;
export type Measure = (typeof MEASURES)[number];

const SHARE = 0.95;
/** Draws of seeds, and, where these are few, of the streams of each, of which the middle 95 in 100 are the interval. */
const DRAWS = 1_000;
/** From so many seeds on they say themselves how much chance does within one. */
const SEEDS_ENOUGH = 8;
const LOW = 0.025;

/** Two policies in one tier: the p95 of the first over that of the second, as a geometric mean over the seeds. */
export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** Seeds in which the first is better, of how many. */
  readonly better: number;
  readonly seeds: number;
  /** -1: the first is better for sure. 1: the second. 0: a tie. */
  readonly sure: -1 | 0 | 1;
}

const p95 = (list: readonly number[]): number => percentile(list, SHARE);
const meanOf = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;

/** All pairs of the labels, in their order. Pairs without a seed in common are left out. */
export function pairsOf(
  runs: readonly RankedRun[],
  labels: readonly string[],
  measure: Measure,
  random: RandomStream,
): Pair[] {
  const by = new Map(runs.map((run) => [`${run.label} ${run.seed}`, run]));
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  // A draw is shared by all pairs: what is resampled is the run, not the comparison.
  const drawn = new Map(
    runs.map((run) => [
      run,
      Array.from({ length: DRAWS }, () =>
        p95(Array.from(run[measure], () => run[measure][random.below(run[measure].length)]!)),
      ),
    ]),
  );
  return labels.flatMap((first, at) =>
    labels.slice(at + 1).flatMap((second): Pair[] => {
      const both = seeds.flatMap((seed) => {
        const one = by.get(`${first} ${seed}`);
        const other = by.get(`${second} ${seed}`);
        return one === undefined || other === undefined ? [] : [{ one, other }];
      });
      if (both.length === 0) return [];
      const logs = both.map(({ one, other }) => Math.log(p95(one[measure]) / p95(other[measure])));
      const draws = Array.from({ length: DRAWS }, (_, draw) =>
        meanOf(
          both.map(() => {
            const at = random.below(both.length);
            const { one, other } = both[at]!;
            return both.length < SEEDS_ENOUGH
              ? Math.log(drawn.get(one)![draw]! / drawn.get(other)![draw]!)
              : logs[at]!;
          }),
        ),
      );
      const [low, high] = [percentile(draws, LOW), percentile(draws, 1 - LOW)];
      return [
        {
          first,
          second,
          ratio: Math.exp(meanOf(logs)),
          low: Math.exp(low),
          high: Math.exp(high),
          better: logs.filter((log) => log < 0).length,
          seeds: both.length,
          sure: high < 0 ? -1 : low > 0 ? 1 : 0,
        },
      ];
    }),
  );
}

/** What two tiers say of the same pairs. */
export interface Agreement {
  /** Kendall's tau of the two orders, by the ratios as they are: 1 the same order, -1 the reverse. */
  readonly tau: number;
  /** Pairs that both are sure of, and say the same. */
  readonly agreed: readonly string[];
  /** Pairs that both are sure of, the other way round. */
  readonly contradicted: readonly string[];
  /** Pairs that the first is sure of, and the other has the other way round without being sure. */
  readonly reversed: readonly string[];
}

/** Compares the tiers by pairs that both have. */
export function agreementOf(ones: readonly Pair[], others: readonly Pair[]): Agreement {
  const nameOf = ({ first, second }: Pair) => `${first} / ${second}`;
  const known = new Map(others.map((pair) => [nameOf(pair), pair]));
  const both = ones.flatMap((one) => {
    const other = known.get(nameOf(one));
    return other === undefined ? [] : [{ one, other, name: nameOf(one) }];
  });
  const signOf = ({ ratio }: Pair) => Math.sign(ratio - 1);
  const names = (is: (pair: (typeof both)[number]) => boolean) => both.filter(is).map(({ name }) => name);
  return {
    tau: meanOf(both.map(({ one, other }) => signOf(one) * signOf(other))),
    agreed: names(({ one, other }) => one.sure !== 0 && one.sure === other.sure),
    contradicted: names(({ one, other }) => one.sure * other.sure < 0),
    reversed: names(({ one, other }) => one.sure !== 0 && other.sure === 0 && one.sure * signOf(other) < 0),
  };
}
