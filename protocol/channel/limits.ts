// Bounds of payment channels. Those of their statements are in protocol/statement/limits.ts.

/** Offers of one channel at once: more than a member runs at a time, few enough that an update stays below 10 kB. */
export const OFFERS_MAX = 32;

/** Payments of one update: every offer settled, and as many without one. */
export const PAYS_MAX = 64;

/** Bytes of an update's payload: OFFERS_MAX offers and PAYS_MAX payments of some 150 bytes each would be 14 kB; most have one. */
export const UPDATE_BYTES_MAX = 12_000;

/** Nesting of an update: object, list, item. */
export const UPDATE_DEPTH_MAX = 4;

/** Updates of one channel. Past it the channel is closed and another opened. */
export const VERSION_MAX = 1_000_000_000;

/** Postings of one side about one channel that count: a close, some disputes and the end. Later ones of a side that floods do not. */
export const POSTINGS_PER_SIDE_MAX = 16;
