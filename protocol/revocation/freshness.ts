// How old knowledge of revocations is, and what a verdict may therefore say. Times are arguments.

import type { SafetyTier } from '../statement/index.ts';
import { CLOCK_TOLERANCE_MS, MAX_AGE_MS } from './limits.ts';

/**
 * fresh: complete and young enough; stale: complete as of a time that is too long ago; incomplete: a revocation of the issuer
 * is known to be missing; unknown: nobody ever vouched for a time.
 */
export type FreshnessState = 'fresh' | 'stale' | 'incomplete' | 'unknown';

export interface Freshness {
  readonly state: FreshnessState;
  /** Milliseconds since 1970 up to which the issuer's revocations are known; null when unknown. */
  readonly asOf: number | null;
  /** Age of that knowledge in milliseconds, never negative. */
  readonly ageMs: number | null;
}

/** Milliseconds that knowledge may be old for a decision of this tier. */
export function maxAgeMs(tier: SafetyTier): number {
  return MAX_AGE_MS[tier];
}

/** Judges the age of knowledge. A time further ahead of now than the tolerance counts as unknown. */
export function judgeFreshness(
  asOf: number | null,
  complete: boolean,
  nowMs: number,
  maxAge: number,
): Freshness {
  if (asOf === null || asOf > nowMs + CLOCK_TOLERANCE_MS)
    return { state: 'unknown', asOf: null, ageMs: null };
  const ageMs = Math.max(0, nowMs - asOf);
  if (!complete) return { state: 'incomplete', asOf, ageMs };
  return { state: ageMs <= maxAge ? 'fresh' : 'stale', asOf, ageMs };
}
