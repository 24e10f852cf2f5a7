// Means over seeds with confidence intervals, and whether two sets of runs differ. Student's t: runs are few and independent.

/** 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom; beyond, the normal's is close enough. */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL_975 = 1.96;

/** A number over several runs. The interval covers the mean with 95 % confidence; of one run it is the value itself. */
export interface Summary {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly deviation: number;
  readonly runs: number;
}

/** Student's t for a two-sided interval of 95 %; degrees of freedom are rounded down, which widens it. */
export function studentT(degrees: number): number {
  if (degrees < 1) return Number.POSITIVE_INFINITY;
  return T_975[Math.floor(degrees) - 1] ?? NORMAL_975;
}

/** Mean and interval of the values of a number in each run. */
export function summarize(values: readonly number[]): Summary {
  const runs = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / runs;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = runs < 2 ? 0 : Math.sqrt(squares / (runs - 1));
  const half = runs < 2 ? 0 : (studentT(runs - 1) * deviation) / Math.sqrt(runs);
  return { mean, low: mean - half, high: mean + half, deviation, runs };
}

/** Every number that at least one run has, summarised over the runs that have it. */
export function summarizeAll(
  runs: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, Summary>> {
  const names = new Set(runs.flatMap((metrics) => Object.keys(metrics)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      summarize(runs.map((metrics) => metrics[name]).filter((value) => value !== undefined)),
    ]),
  );
}

/** The difference of two means with its interval (Welch): `differs` when the interval leaves out zero. */
export function difference(
  a: Summary,
  b: Summary,
): { readonly mean: number; readonly low: number; readonly high: number; readonly differs: boolean } {
  const mean = b.mean - a.mean;
  const va = a.deviation ** 2 / a.runs;
  const vb = b.deviation ** 2 / b.runs;
  const error = Math.sqrt(va + vb);
  if (a.runs < 2 || b.runs < 2 || error === 0) return { mean, low: mean, high: mean, differs: mean !== 0 };
  const degrees = (va + vb) ** 2 / (va ** 2 / (a.runs - 1) + vb ** 2 / (b.runs - 1));
  const half = studentT(degrees) * error;
  return { mean, low: mean - half, high: mean + half, differs: Math.abs(mean) > half };
}
