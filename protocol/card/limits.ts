// Bounds of agent cards. A card travels in DHT records, gossip and index logs, so it must stay small.

/** Bytes of a card's payload: 16 roots of 0.9 kB and the text below, with room. */
export const CARD_BYTES_MAX = 65_536;

/** Nesting of a card's JSON: card, keychain, root, signature are five; extensions get the rest. */
export const CARD_DEPTH_MAX = 12;

/** Characters of a name: one line in a list. */
export const NAME_CHARS_MAX = 120;

/** Characters of a description: embedders read the first few hundred words. */
export const DESCRIPTION_CHARS_MAX = 2_000;

/** Capabilities of one agent; who can do more is several agents. */
export const CAPABILITIES_MAX = 32;

/** Characters of a capability's description. */
export const CAPABILITY_DESCRIPTION_CHARS_MAX = 500;

/** Tags of a card, and of each capability; filters index every one. */
export const TAGS_MAX = 32;

/** Characters of a tag or a capability's name. */
export const TAG_CHARS_MAX = 48;

/** Languages of a card. */
export const LANGUAGES_MAX = 32;

/** Endpoints of a card: a few protocols on a few hosts. */
export const ENDPOINTS_MAX = 8;

/** Addresses of an endpoint; libp2p nodes rarely announce more than ten. */
export const ADDRESSES_MAX = 16;

/** Characters of an address; a relayed multiaddr with two peer ids has about 200. */
export const ADDRESS_CHARS_MAX = 256;

/** Prices of a card: a few units in a few currencies. */
export const PRICES_MAX = 16;

/** Card sequence numbers; one a second for 285 million years. */
export const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;

/** Milliseconds between issue and expiry: a card that nobody renews for a year describes nobody. */
export const CARD_LIFETIME_MS_MAX = 366 * 24 * 3_600_000;
