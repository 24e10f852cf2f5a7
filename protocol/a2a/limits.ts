// Bounds of A2A cards: what we read was written by strangers.

/** Bytes of an A2A card. Ours are below 16 KiB; the largest published ones list some hundred skills. */
export const A2A_BYTES_MAX = 262_144;

/** Nesting of an A2A card's JSON; security schemes reach 8. */
export const A2A_DEPTH_MAX = 24;

/** Signatures that are looked at. */
export const A2A_SIGNATURES_MAX = 8;

/** Characters of a protected header in base64url: an algorithm, a key id, a URL. */
export const JWS_HEADER_CHARS_MAX = 4_096;

/** Interfaces of an exported card. */
export const A2A_INTERFACES_MAX = 8;
