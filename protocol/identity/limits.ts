// Bounds of agent keys.

/** Roots of one keychain: the first and fifteen rotations of the identity key. A card carries them all, about 0.9 kB each. */
export const ROOTS_MAX = 16;

/** Serial numbers of operational keys within one epoch; far beyond use, and safe to compare as a double. */
export const KEY_SERIAL_MAX = 2 ** 31 - 1;

/** Bytes of the payload of a root or a delegation; the largest legitimate one holds an ML-DSA-65 key. */
export const KEY_PAYLOAD_BYTES_MAX = 4_096;

/** Verified keychains remembered, by digest: issuers repeat, and each costs two or more signature checks. About 1 kB each. */
export const KEYCHAIN_MEMORY_MAX = 2_048;
