// Bounds of set reconciliation.

/** Bytes of an item's id. */
export const ID_BYTES = 32;
/** Bytes of a fingerprint; a chance collision in 2^64 comparisons, and roots are compared under another salt from time to time. */
export const FINGERPRINT_BYTES = 16;
/** Bytes of a tag, the first of an item's weight. Chance hides a difference in one list of 2^38, until a session under another salt. */
export const TAG_BYTES = 6;
/** Bytes of a session's salt. */
export const SALT_BYTES = 16;
/** A range that differs is cut into this many. */
export const BUCKETS = 16;
/** A range of at most so many items is listed: two fingerprints more cost as much. */
export const LIST_ITEMS_MAX = 32;
/** Ranges in one message: bounds the fingerprints, and so the time, that one message can ask for (some 20 ms). */
export const RANGES_MAX = 16_384;
/** Smallest credit: header, one cut range, a remainder. */
export const RECONCILE_CREDIT_MIN = 4_096;
/** Largest message. */
export const RECONCILE_BYTES_MAX = 1_048_576;
/** Items of a set; prefix sums of so many take 128 MiB. */
export const SET_ITEMS_MAX = 4_194_304;
/** Rounds after which a driver gives up: two honest sides of 2^22 items and one megabyte of credit need fewer than 160. */
export const ROUNDS_MAX = 256;
