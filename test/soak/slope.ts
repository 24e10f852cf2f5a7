// The slope of memory over time, apart from what is kept on purpose: a regression on hours and on the entries held. Pure.

/** Memory of a process at a moment. */
export interface HeapSample {
  readonly hours: number;
  /** Entries of logs that its nodes held then. */
  readonly entries: number;
  /** Bytes held after a collection. */
  readonly bytes: number;
}

/** What a regression came to; NaN where the samples do not determine it. */
export interface Slope {
  /** Bytes an hour at a constant number of entries. */
  readonly perHour: number;
  /** Its standard error. */
  readonly error: number;
  /** Bytes an entry. */
  readonly perEntry: number;
  /** Bytes an hour, with what was kept meanwhile. */
  readonly total: number;
  readonly samples: number;
}

/** Share of the variation of entries that time must leave unexplained for the two to be told apart; the error grows as it shrinks. */
const APART_MIN = 1e-4;

type Row = readonly [hours: number, entries: number, bytes: number];

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Ordinary least squares of bytes on hours and entries. Where entries do not vary, or only with time, on hours alone. */
export function heapSlope(samples: readonly HeapSample[]): Slope {
  const n = samples.length;
  const none = {
    perHour: Number.NaN,
    error: Number.NaN,
    perEntry: Number.NaN,
    total: Number.NaN,
    samples: n,
  };
  if (n < 4) return none;
  const [h, k, y] = (['hours', 'entries', 'bytes'] as const).map((name) =>
    mean(samples.map((one) => one[name])),
  );
  const rows = samples.map(({ bytes, entries, hours }) => [hours - h!, entries - k!, bytes - y!] as const);
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const [hh, hk, kk, hy, ky] = [
    sum(([a]) => a * a),
    sum(([a, b]) => a * b),
    sum(([, b]) => b * b),
    sum(([a, , c]) => a * c),
    sum(([, b, c]) => b * c),
  ];
  if (!(hh > 0)) return none;
  const total = hy / hh;
  // The intercept is gone with the means: what is left is the matrix [hh hk; hk kk].
  const det = hh * kk - hk * hk;
  const isApart = det > hh * kk * APART_MIN;
  const perEntry = isApart ? (hh * ky - hk * hy) / det : 0;
  const perHour = isApart ? (kk * hy - hk * ky) / det : total;
  const free = n - (isApart ? 3 : 2);
  const left = sum(([a, b, c]) => (c - perHour * a - perEntry * b) ** 2);
  const variance = (left / free) * (isApart ? kk / det : 1 / hh);
  return { perHour, error: Math.sqrt(variance), perEntry, total, samples: n };
}
