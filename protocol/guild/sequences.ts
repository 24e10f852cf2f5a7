// Which messages of an actor were seen already: a window, so that late ones count once and replays never.

import { SEQUENCE_WINDOW } from './limits.ts';
import type { SeenSequences } from './types.ts';

/** Was it seen, or is it too far behind to tell? */
export function isSeen(seen: SeenSequences | undefined, sequence: number): boolean {
  if (seen === undefined || sequence > seen.top) return false;
  return sequence <= seen.top - SEQUENCE_WINDOW || seen.recent.includes(sequence);
}

/** The window with one more. */
export function withSequence(seen: SeenSequences | undefined, sequence: number): SeenSequences {
  const top = Math.max(seen?.top ?? 0, sequence);
  const recent = [...(seen?.recent ?? []), sequence].filter((one) => one > top - SEQUENCE_WINDOW);
  return { top, recent };
}
