// Slots that passed a filter, kept as a list for when it is asked again. Fields of a slot never change, so a list only loses slots that died
// and gains new ones: bringing it up to date costs less than evaluating the filter anew.

import { RecentMap } from '../../protocol/bounded/index.ts';
import { hasBit } from './bitset.ts';

/** Lists kept: at most two fifths of four bytes a slot each (LIST_SHARE_MAX). */
const KEPT_MAX = 16;
/** New slots above this share of all: evaluating bitmaps is quicker than testing them one by one. */
export const NEWS_SHARE_MAX = 1 / 64;

interface Kept {
  readonly list: Uint32Array;
  /** Slots below this were looked at. */
  readonly upTo: number;
  /** Dead slots there were. */
  readonly dead: number;
}

/** How the slots stand now. */
export interface Standing {
  readonly slots: number;
  /** Only ever grows. */
  readonly dead: number;
  readonly living: Uint32Array;
}

export class KeptLists {
  readonly #kept = new RecentMap<string, Kept>(KEPT_MAX);
  readonly #newsShare: number;

  constructor(newsShare: number = NEWS_SHARE_MAX) {
    this.#newsShare = newsShare;
  }

  /** The list of a filter, brought up to date; null when it is not kept or too old. Not to be changed. */
  find(key: string, now: Standing, passes: () => (slot: number) => boolean): Uint32Array | null {
    const kept = this.#kept.get(key);
    if (kept === undefined || now.slots - kept.upTo > now.slots * this.#newsShare) return null;
    if (kept.upTo === now.slots && kept.dead === now.dead) return kept.list;
    // A new array: another thread, or a caller, may still read the old one.
    const list = new Uint32Array(kept.list.length + now.slots - kept.upTo);
    let count = 0;
    for (const slot of kept.list) if (hasBit(now.living, slot)) list[count++] = slot;
    const test = passes();
    for (let slot = kept.upTo; slot < now.slots; slot++)
      if (hasBit(now.living, slot) && test(slot)) list[count++] = slot;
    return this.keep(key, now, list.subarray(0, count));
  }

  /** Keeps a list, rising. */
  keep(key: string, { slots, dead }: Standing, list: Uint32Array): Uint32Array {
    this.#kept.set(key, { list, upTo: slots, dead });
    return list;
  }
}

/** The set bits of a bitmap, rising. */
export function listOf(bits: Uint32Array, count: number): Uint32Array {
  const list = new Uint32Array(count);
  let at = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let left = bits[word]!; left !== 0; left &= left - 1)
      list[at++] = (word << 5) + 31 - Math.clz32(left & -left);
  }
  return list;
}
