// Bounds of statements.

/** Bytes of a statement of ours: a keychain of at most 16 roots, and small predicates. */
export const STATEMENT_BYTES_MAX = 65_536;

/** Bytes of a statement from another tool: SBOMs of large images are a few MB. */
export const FOREIGN_STATEMENT_BYTES_MAX = 16_777_216;
/**
 * Values of the JSON of a statement or document from another tool: an SBOM of 20,000 components has 50 for each. Who reads it does nothing else meanwhile: half
 * a second with these, or a whole one, and ten with as many as fit its bytes.
 */
export const FOREIGN_VALUES_MAX = 1_000_000;

/** Nesting of a statement of ours; receipts reach 6 with their keychain. */
export const STATEMENT_DEPTH_MAX = 12;

/** Subjects of one statement; SLSA provenance of a multi-platform release names some hundreds. */
export const SUBJECTS_MAX = 1_024;

/** Digests of one subject: the algorithms of one tool. */
export const DIGESTS_MAX = 16;

/** Characters of a subject's name or URI; package URLs with qualifiers reach some hundreds. */
export const SUBJECT_NAME_CHARS_MAX = 1_024;

/** Characters of a predicate type, a URI. */
export const PREDICATE_TYPE_CHARS_MAX = 512;

/** Characters of a digest: SHA-512 in hexadecimal has 128. */
export const DIGEST_CHARS_MAX = 256;

/** Statement ids that one statement may cite as evidence. */
export const EVIDENCE_MAX = 16;

/** Reasons of one decision record: one a check, and no check list of ours is longer than 20. */
export const DECISION_REASONS_MAX = 64;

/** Subjects of an import record: a release with all its platforms. */
export const IMPORT_SUBJECTS_MAX = 256;

/** Keys that an import record names as verified. */
export const IMPORT_KEYS_MAX = 16;

/** Characters of an update or an acknowledgement of a channel, in base64: 32 offers of 250 bytes, with room. */
export const CHANNEL_STATE_CHARS_MAX = 16_384;

/** Unsettled tasks that one close may claim: as many as a channel may have offers. */
export const CHANNEL_CLAIMS_MAX = 32;

/** Seconds that the other side of a channel may be given to answer a close: a week; money that waits longer is lost to trade. */
export const CHANNEL_DISPUTE_SECONDS_MAX = 604_800;

/** Lines of one posting. */
export const POSTING_LINES_MAX = 16;

/** Subjects that a sealed statement may leave open. */
export const SEALED_SUBJECTS_MAX = 64;

/**
 * Salted digests of one sealed statement. 256 of 64 digits are 17 KiB of a statement of at most 64 KiB, and finer than any scope that a
 * person writes.
 */
export const SEALED_DIGESTS_MAX = 256;

/** Things that one quarantine order names: an incident touches few; more is several orders. */
export const QUARANTINE_TARGETS_MAX = 64;

/** Regions that one quarantine order is limited to. */
export const QUARANTINE_REGIONS_MAX = 16;

/** Agents that an order names to release it: a duty roster. */
export const QUARANTINE_RELEASERS_MAX = 8;

/** Milliseconds that one quarantine order holds at most: 90 days. Longer needs another order, signed by somebody who still has the key. */
export const QUARANTINE_MS_MAX = 90 * 86_400_000;
