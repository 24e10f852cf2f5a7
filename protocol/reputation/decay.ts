// Decay of evidence in integers: the same on every machine, for everybody who recomputes it.

import { DAY_MS, DAYS_MAX, HALF_LIFE_DAYS } from './limits.ts';

/** 2^62 * 2^(-1/30), rounded down: what is left after one day. Computed once with 200 decimal digits. */
const DAY_FACTOR = 4506354964195159773n;
const ONE = 1n << 62n;

/** Left of one after n days, n below the half-life. */
const LEFT: readonly bigint[] = (() => {
  const table = [ONE];
  for (let day = 1; day < HALF_LIFE_DAYS; day++) table.push(((table[day - 1] as bigint) * DAY_FACTOR) / ONE);
  return table;
})();

/** Number of a UTC day. Scores change from day to day only, so that two who compare on one day see the same. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** What is left of `weight` after whole days; nothing for the future and for what is very old. */
export function decayed(weight: number, days: number): number {
  if (days < 0 || days > DAYS_MAX) return 0;
  const halvings = Math.floor(days / HALF_LIFE_DAYS);
  const left = (BigInt(weight) * (LEFT[days % HALF_LIFE_DAYS] as bigint)) / ONE;
  return Number(left >> BigInt(halvings));
}
