// Which of two key sets of one agent is the newer: a total order that every honest node computes alike, whatever it heard first.

import type { KeyOrder } from './types.ts';

/**
 * Negative, zero or positive as `a` is older than, the same as or newer than `b`.
 * Roots are compared from the first: a chain that continues another is newer. Where two chains part, the root that the key
 * before it signed as well wins: who stole one key of an epoch cannot make it, the owner can. Two equally strong roots are
 * ordered by content id; that is arbitrary, and only happens when both keys are lost. Then the serial decides.
 */
export function compareKeyOrder(a: KeyOrder, b: KeyOrder): number {
  const shared = Math.min(a.rootIds.length, b.rootIds.length);
  for (let i = 0; i < shared; i++) {
    const [left, right] = [a.rootIds[i] as string, b.rootIds[i] as string];
    if (left === right) continue;
    if (a.countersigned[i] !== b.countersigned[i]) return a.countersigned[i] ? 1 : -1;
    return left < right ? -1 : 1;
  }
  return a.rootIds.length - b.rootIds.length || a.serial - b.serial;
}

/** True when the two chains of one agent part: someone else holds, or held, one of its identity keys. */
export function isForked(a: KeyOrder, b: KeyOrder): boolean {
  const shared = Math.min(a.rootIds.length, b.rootIds.length);
  return a.rootIds.slice(0, shared).some((id, i) => id !== b.rootIds[i]);
}
