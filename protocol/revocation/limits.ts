// Bounds of revocation state.

/** Revocations held of one issuer, about 0.5 kB each: an issuer that revokes more has lost its keys and should revoke them. */
export const REVOCATIONS_PER_ISSUER_MAX = 65_536;

/** Revocations held in all: 0.5 GB at worst; a node that needs more keeps them in a database behind the same interface. */
export const REVOCATIONS_MAX = 1_000_000;

/** Pairs of contradicting revocations remembered of one issuer; one is proof enough. */
export const FORKS_PER_ISSUER_MAX = 8;

/** Milliseconds that knowledge of revocations may be old before a decision of that tier fails closed. */
export const MAX_AGE_MS = { safe: 24 * 3_600_000, risky: 3_600_000, dangerous: 300_000 } as const;

/** Milliseconds that another machine's clock may be ahead of ours; beyond it, its word on time counts for nothing. */
export const CLOCK_TOLERANCE_MS = 600_000;

/** Revoked entries that one list names: as many as are held in all. */
export const REVOCATION_LIST_INDEXES_MAX = 1_000_000;

/** Entries of a log that one list speaks about: the largest that a safe integer counts with room for the arithmetic. */
export const REVOCATION_LIST_SIZE_MAX = 2 ** 48;

/** Bytes of one list: a million indexes in a log of a billion entries take 1.5 MB. */
export const REVOCATION_LIST_BYTES_MAX = 8 * 1_048_576;
