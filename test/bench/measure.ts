// The timing core of the benchmarks: alternating rounds, medians, ratios. Prints nothing.

import type { Bar, Work } from './bench.ts';

/** Rounds of each side at least, however slow they are. */
const ROUNDS_MIN = 3;
/** Rounds of each side at most, however fast they are. */
const ROUNDS_MAX = 2_000;

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Where the middle of measurements is, and between which figures, 19 times in 20. */
export interface Centre {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The middle of ratios whose logarithms are as often above as below it by as much (Hodges and Lehmann): the median of the geometric means of all pairs
 * of them, which a few wild ones do not move, and which needs two thirds of the measurements that their median does. The interval is
 * that of Wilcoxon's signed ranks in its normal form.
 */
export function centreOfRatios(ratios: readonly number[]): Centre {
  const logs = ratios.map(Math.log);
  const means = logs
    .flatMap((one, n) => logs.slice(n).map((other) => (one + other) / 2))
    .sort((a, b) => a - b);
  const count = logs.length;
  const half = 1.96 * Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24);
  const at = (place: number) =>
    Math.exp(means[Math.min(means.length - 1, Math.max(0, Math.floor(place)))] ?? Number.NaN);
  return {
    middle: Math.exp(median(means)),
    low: at(means.length / 2 - half),
    high: at(means.length / 2 + half),
  };
}

/** Ratio in the sense of the bar's sign. */
export function ratioOf(ours: number, peer: number, better: 'higher' | 'lower', sign: Bar['sign']): number {
  return sign === '<=' || better === 'higher' ? ours / peer : peer / ours;
}

/** True when the ratio reaches the bar. */
export function reaches(ratio: number, { sign, value }: Bar): boolean {
  return sign === '>=' ? ratio >= value : ratio <= value;
}

async function time(work: Work, before: Work | undefined, now: () => number): Promise<number> {
  const prepared = before?.();
  if (prepared instanceof Promise) await prepared;
  const start = now();
  const result = work();
  if (result instanceof Promise) await result;
  return now() - start;
}

export interface Timing {
  readonly ours: Work;
  readonly peer: Work;
  readonly before?: Work | undefined;
  readonly seconds: number;
  /** Milliseconds of a steady clock. */
  readonly now: () => number;
}

/** Median milliseconds of a round of each side. Both are warmed up once, then alternate, and take turns in going first. */
export async function alternate(timing: Timing): Promise<{ ours: number; peer: number; rounds: number }> {
  const { ours, peer, before, seconds, now } = timing;
  await time(ours, before, now);
  await time(peer, before, now);
  const times = { ours: [] as number[], peer: [] as number[] };
  const deadline = now() + seconds * 1000;
  for (let round = 0; round < ROUNDS_MAX && (round < ROUNDS_MIN || now() < deadline); round++) {
    const first = round % 2 === 0;
    times[first ? 'ours' : 'peer'].push(await time(first ? ours : peer, before, now));
    times[first ? 'peer' : 'ours'].push(await time(first ? peer : ours, before, now));
  }
  return { ours: median(times.ours), peer: median(times.peer), rounds: times.ours.length };
}
