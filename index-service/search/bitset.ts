// Sets of slots as words of 32 bits. Plain functions over Uint32Array, because threads share these.

/** Words that hold a bit for each of `slots`. */
export function wordsFor(slots: number): number {
  return (slots + 31) >>> 5;
}

export function setBit(words: Uint32Array, slot: number): void {
  words[slot >>> 5]! |= 1 << (slot & 31);
}

export function hasBit(words: Uint32Array, slot: number): boolean {
  return ((words[slot >>> 5]! >>> (slot & 31)) & 1) === 1;
}

/** How many bits are set. Warren, Hacker's Delight, 5-1. */
export function countBits(words: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < words.length; i++) {
    let v = words[i]!;
    v -= (v >>> 1) & 0x55555555;
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    count += Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

/** target = target and other; words that `other` lacks count as zero. */
export function andWith(target: Uint32Array, other: Uint32Array): void {
  for (let i = 0; i < target.length; i++) target[i]! &= other[i] ?? 0;
}

/** target = target or other. */
export function orWith(target: Uint32Array, other: Uint32Array): void {
  const shared = Math.min(target.length, other.length);
  for (let i = 0; i < shared; i++) target[i]! |= other[i]!;
}

/** target = not target, for all its bits. */
export function invert(target: Uint32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = ~target[i]!;
}
