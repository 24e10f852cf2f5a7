// Lognormal jitter from a table: one draw and one look for each message, where logarithm, root, cosine and exponential took as long as the
// rest of sending it.

/** Equally likely factors: the outermost lie at 3.7 standard deviations. */
const STEPS = 4_096;
const DRAW_SHIFT = 20;
/** A delay is at most so many times its base: the tail of the lognormal must not hold up the end of a run. */
const FACTOR_MAX = 20;

const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
] as const;
const B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
  1,
] as const;
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
] as const;
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1] as const;
/** Below this share the tail's own approximation is used. */
const TAIL = 0.02425;

const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);

/** The quantile of the standard normal (P. J. Acklam's rational approximation, relative error below 1.2e-9); 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < TAIL) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(C, q) / polynomial(D, q);
  }
  const q = p - 0.5;
  return (q * polynomial(A, q * q)) / polynomial(B, q * q);
}

/** Factors of delays with median 1. */
export class Jitter {
  readonly #factors: Float64Array;

  /** `sigma`: of the logarithm. */
  constructor(sigma: number) {
    this.#factors = Float64Array.from({ length: STEPS }, (_, step) =>
      Math.min(FACTOR_MAX, Math.exp(sigma * normalQuantile((step + 0.5) / STEPS))),
    );
  }

  /** The factor of a draw from 0 to 2^32 - 1. */
  factor(draw: number): number {
    return this.#factors[draw >>> DRAW_SHIFT]!;
  }
}
