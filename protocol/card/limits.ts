// Bounds of agent cards. A card travels in DHT records, gossip and index logs, so it must stay small.

/** Bytes of a card's payload: 16 roots of 0.9 kB and the text below, with room. */
export const CARD_BYTES_MAX = 65_536;

/** Nesting of a card's JSON: card, keychain, root, signature are five; extensions get the rest. */
export const CARD_DEPTH_MAX = 12;

export const NAME_CHARS_MAX = 120;
export const DESCRIPTION_CHARS_MAX = 2_000;
export const CAPABILITIES_MAX = 32;
export const CAPABILITY_DESCRIPTION_CHARS_MAX = 500;
export const TAGS_MAX = 32;
export const TAG_CHARS_MAX = 48;
export const LANGUAGES_MAX = 32;
export const ENDPOINTS_MAX = 8;
export const ADDRESSES_MAX = 16;
export const ADDRESS_CHARS_MAX = 256;
export const PRICES_MAX = 16;

/** Card sequence numbers; one a second for 285 million years. */
export const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;

/** Milliseconds between issue and expiry: a card that nobody renews for a year describes nobody. */
export const CARD_LIFETIME_MS_MAX = 366 * 24 * 3_600_000;
