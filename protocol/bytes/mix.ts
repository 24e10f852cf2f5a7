// Spreads the bits of a number over a word: for lots that are the same ever after. Must not be used where somebody gains by choosing the input.

/** A number of 32 bits in which every bit of `value` (as 32 bits) counts: the finaliser of MurmurHash3 (Appleby). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
