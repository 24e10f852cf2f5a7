// Bounds shared by the fields of all objects.

/** Characters of a region name; the longest of the public clouds has 24. */
export const REGION_CHARS_MAX = 64;

/** Decimal digits of an amount or of fuel: 2^64 has 20, two more leave room for sums. */
export const DECIMAL_DIGITS_MAX = 22;

/** Characters of a free text that explains (a reason, a note). */
export const REASON_CHARS_MAX = 500;

/** Entries of an object's `extensions`: other people's data. */
export const EXTENSIONS_MAX = 16;

/** Characters of each extension in JSON: room for facts, not for bulk. */
export const EXTENSION_BYTES_MAX = 4_096;
