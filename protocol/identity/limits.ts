// Bounds of agent keys.

/** Roots of one keychain: the first and fifteen rotations of the identity key. A card carries them all, about 0.9 kB each. */
export const ROOTS_MAX = 16;

/** Serial numbers of operational keys within one epoch; far beyond use, and safe to compare as a double. */
export const KEY_SERIAL_MAX = 2 ** 31 - 1;

/** Bytes of the payload of a root or a delegation; the largest legitimate one holds two ML-DSA-65 keys, 2.6 kB each. */
export const KEY_PAYLOAD_BYTES_MAX = 8_192;

/** Characters of verified keychains remembered, in all: issuers repeat, and each keychain costs two or more signature checks. */
export const KEYCHAIN_MEMORY_CHARS_MAX = 16_777_216;

/** Characters of one keychain in JSON: ROOTS_MAX roots and a delegation at their largest, in base64, with signatures. */
export const KEYCHAIN_CHARS_MAX = 131_072;
