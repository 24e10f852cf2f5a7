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

/** Places in a sorted list of `count` measurements between which their true median is, 19 times in 20 (normal form of the binomial order statistics). */
export function medianInterval(count: number): [number, number] {
  const half = 0.98 * Math.sqrt(count);
  return [Math.max(0, Math.floor(count / 2 - half)), Math.min(count - 1, Math.ceil(count / 2 + half) - 1)];
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
