// From evidence to a score: the posterior of a Beta distribution with prior (1, 1), its mean, and a bound that the truth is unlikely to
// lie below. Integers only (Jøsang and Ismail, The Beta Reputation System, 2002; the bound is Cantelli's).

import { DEVIATIONS, UNIT } from './limits.ts';

export interface Posterior {
  /** Expected share of good conduct, in millionths. */
  readonly score: number;
  /** Lower bound, in millionths: 0 when nothing is known, the least that anybody can have. */
  readonly lower: number;
}

/** The posterior after so much good and bad evidence, in millionths of a unit. */
export function posterior(good: number, bad: number): Posterior {
  const unit = BigInt(UNIT);
  const a = unit + BigInt(good);
  const b = unit + BigInt(bad);
  const n = a + b;
  const score = (a * unit) / n;
  // The variance of Beta(a, b) is ab / (n^2 (n + 1)), here with everything in millionths.
  const deviation = squareRoot((a * b * unit * unit * unit) / (n * n * (n + unit)));
  const lower = score - BigInt(DEVIATIONS) * deviation;
  return { score: Number(score), lower: lower > 0n ? Number(lower) : 0 };
}

/** The integer square root, rounded up: uncertainty is never understated. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let x = 1n << BigInt(Math.ceil(value.toString(2).length / 2));
  for (;;) {
    const next = (x + value / x) / 2n;
    if (next >= x) return x * x === value ? x : x + 1n;
    x = next;
  }
}
