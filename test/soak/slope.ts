// The slope of memory over time, apart from what is kept on purpose: a robust regression on hours and on the data held. Pure. Time comes last:
// what of it the data explain is theirs, so that the slope is that of a network that holds still. How busy the machine was does not matter.

/**
 * What a process keeps on purpose, each a column of the regression: cards, the other entries of logs, connections with their state, and results
 * of tasks, which are kept until a minute after their deadline.
 */
export const HELD = ['cards', 'others', 'connections', 'results'] as const;
export type Held = (typeof HELD)[number];

/** Memory of a process at a moment at which nothing was asked of any node. */
export interface HeapSample extends Readonly<Record<Held, number>> {
  readonly hours: number;
  /** Bytes held after a collection. */
  readonly bytes: number;
}

/** What a regression came to; NaN where the samples do not determine it. */
export interface Slope {
  /** Bytes an hour while nothing is added to the data. */
  readonly perHour: number;
  /** Its standard error, with what samples near each other have in common. */
  readonly error: number;
  /** Bytes of each kind of data; NaN for one that did not vary by itself. */
  readonly each: Readonly<Record<Held, number>>;
  /** Bytes an hour, with what was kept meanwhile. */
  readonly total: number;
  readonly samples: number;
  /** Looks far from all others, which do not count. */
  readonly leftOut: number;
}

/** Share of a column's variation that the columns before it must leave: below it is not there by itself. */
const APART_MIN = 1e-6;
/** Residuals beyond so many deviations count less: Huber's bound, at which a normal distribution costs 5 % more samples. */
const HUBER = 1.345;
/** The median of absolute normal residuals is this share of their deviation. */
const MEDIAN_SHARE = 0.6745;
/** Looks so many deviations away do not count: of normal ones that is one in a million. */
const FAR = 5;
/** Rounds of weighing: the weights stand still long before. */
const ROUNDS = 50;
/** Correlation of neighbouring residuals that is believed at most: with more there is hardly one independent sample. */
const NEIGHBOURS_MAX = 0.95;

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, one, n) => sum + one * b[n]!, 0);

type Columns = readonly (readonly [string, readonly number[]])[];

/** One column at a time: what the ones before leave of it, and by how much of each. */
interface Step {
  readonly name: string;
  readonly rest: readonly number[];
  readonly shares: readonly number[];
}

/** Gram-Schmidt over the columns in their order, the constant first; those that are not there by themselves are left out. */
function steps(columns: Columns, weights: readonly number[]): Step[] {
  const taken: Step[] = [];
  const roots = weights.map(Math.sqrt);
  for (const [name, values] of [['one', weights.map(() => 1)] as const, ...columns]) {
    let rest = values.map((value, n) => value * roots[n]!);
    const whole = dot(rest, rest);
    const about =
      taken[0] === undefined
        ? whole
        : whole - dot(rest, taken[0].rest) ** 2 / dot(taken[0].rest, taken[0].rest);
    const shares = taken.map((step) => {
      const share = dot(rest, step.rest) / dot(step.rest, step.rest);
      rest = rest.map((value, n) => value - share * step.rest[n]!);
      return share;
    });
    const left = dot(rest, rest);
    if (left > about * APART_MIN && left > whole * 1e-18) taken.push({ name, rest, shares });
  }
  return taken;
}

/** The factor of each column, by name. */
function factors(
  taken: readonly Step[],
  bytes: readonly number[],
  weights: readonly number[],
): Map<string, number> {
  const y = bytes.map((value, n) => value * Math.sqrt(weights[n]!));
  const found = taken.map(({ rest }) => dot(y, rest) / dot(rest, rest));
  for (let at = taken.length - 1; at >= 0; at--)
    for (let before = 0; before < at; before++) found[before]! -= taken[at]!.shares[before]! * found[at]!;
  return new Map(taken.map(({ name }, at) => [name, found[at]!]));
}

/** What the factors leave of each look. */
function residuals(columns: Columns, found: ReadonlyMap<string, number>, bytes: readonly number[]): number[] {
  const known = (n: number) =>
    columns.reduce((sum, [name, values]) => sum + (found.get(name) ?? 0) * values[n]!, found.get('one') ?? 0);
  return bytes.map((value, n) => value - known(n));
}

/** Which looks stand far from all others by Huber's regression: something was under way, or a disk was broken just then. */
function far(columns: Columns, bytes: readonly number[]): boolean[] {
  let weights: readonly number[] = bytes.map(() => 1);
  let left: number[] = [];
  let scale = 0;
  for (let round = 0; round < ROUNDS; round++) {
    left = residuals(columns, factors(steps(columns, weights), bytes, weights), bytes);
    const sizes = left.map(Math.abs).sort((a, b) => a - b);
    scale = sizes[Math.floor(sizes.length / 2)]! / MEDIAN_SHARE;
    if (!(scale > 0)) break;
    weights = left.map((one) => Math.min(1, (HUBER * scale) / Math.abs(one)));
  }
  return left.map((one) => scale > 0 && Math.abs(one) > FAR * scale);
}

function columnsOf(samples: readonly HeapSample[]): Columns {
  return [...HELD, 'hours' as const].map((name) => {
    const values = samples.map((one) => one[name]);
    // About their mean, or the squares of large numbers would drown what varies.
    const middle = mean(values);
    return [name, values.map((value) => value - middle)] as const;
  });
}

/** Regression of bytes on the data held and on hours, without looks that stand far from all others. */
export function heapSlope(all: readonly HeapSample[]): Slope {
  const isFar = far(
    columnsOf(all),
    all.map(({ bytes }) => bytes),
  );
  const samples = all.filter((_, n) => !isFar[n]);
  const columns = columnsOf(samples);
  const bytes = samples.map((one) => one.bytes);
  const even = samples.map(() => 1);
  const taken = steps(columns, even);
  const found = factors(taken, bytes, even);
  const time = taken.find(({ name }) => name === 'hours');
  const hours = columns.at(-1)![1];
  const free = samples.length - taken.length;
  const left = residuals(columns, found, bytes);
  const isTold = time !== undefined && free > 0;
  return {
    perHour: isTold ? found.get('hours')! : Number.NaN,
    error: isTold
      ? Math.sqrt((dot(left, left) / free / dot(time.rest, time.rest)) * alike(left))
      : Number.NaN,
    each: Object.fromEntries(HELD.map((name) => [name, found.get(name) ?? Number.NaN])) as Record<
      Held,
      number
    >,
    total: dot(hours, bytes) / dot(hours, hours),
    samples: samples.length,
    leftOut: all.length - samples.length,
  };
}

/** How many times fewer independent samples there are, as neighbours have something in common. */
function alike(residuals: readonly number[]): number {
  const own = dot(residuals, residuals);
  if (!(own > 0)) return 1;
  const shared = Math.max(0, Math.min(NEIGHBOURS_MAX, dot(residuals.slice(1), residuals.slice(0, -1)) / own));
  return (1 + shared) / (1 - shared);
}
