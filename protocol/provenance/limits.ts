// Bounds of provenance queries, answers and proofs. Each bounds what one question, or one hostile answer, can cost.

/** Nodes that one query may start from: a release with its platforms. */
export const QUERY_START_MAX = 64;
/** Predicate types that one query may name. */
export const QUERY_TYPES_MAX = 16;
/** Steps of reachability: supply chains of images, packages and builders are rarely deeper than five. */
export const QUERY_DEPTH_MAX = 8;
/** Statements of one answer; more are asked for with narrower questions. */
export const QUERY_ROWS_MAX = 10_000;
/** Statements of an answer when nobody says otherwise. */
export const QUERY_ROWS_DEFAULT = 1_000;
/** Nodes that one query may visit: a hub (a base image that everything is built from) ends the walk and is named. */
export const QUERY_NODES_MAX = 100_000;
/** Bytes of an encoded query: all starts and types at their longest. */
export const QUERY_BYTES_MAX = 32_768;

/** Characters of a node id: an algorithm's name, and a SHA-512 in hexadecimal. */
export const NODE_ID_CHARS_MAX = 192;
/** Characters of an issuer in a query: agent ids have 62, did:keys of others some more. */
export const ISSUER_CHARS_MAX = 128;

/** Bytes of a body in a row: the largest envelope that a log carries. */
export const ROW_BODY_BYTES_MAX: number = 1_048_576 + 128 * 1024;
/** Bytes of the map proof in one completeness row: some 3,000 keys with their postings; more keys take more rows. */
export const ROW_MAP_PROOF_BYTES_MAX: number = 4 * 1024 * 1024;
/** Bytes of one encoded row. */
export const ROW_BYTES_MAX: number = ROW_MAP_PROOF_BYTES_MAX + 1_048_576;
/** Bytes of a signed head in a row: with 16 cosignatures it is below 4 KiB. */
export const ROW_HEAD_BYTES_MAX = 8_192;
/** Reasons why an answer is not complete; there are fewer kinds. */
export const END_REASONS_MAX = 16;
/** Latest time in a query or row, in milliseconds since 1970: the year 9999. */
export const TIME_MS_MAX = 253_402_300_799_999;

/** Keys of one committed index: some 400 MB in memory; beyond, a log's index is no longer committed and answers say so. */
export const INDEX_KEYS_MAX = 2_000_000;
/** Postings of one key that a proof shows: 600 kB. */
export const LIST_POSTINGS_MAX = 65_536;
