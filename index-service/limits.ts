// Every bound of the index, with its unit and its reason.

/** Results a query may ask for: beyond this a caller wants a list, not a search. */
export const QUERY_K_MAX = 1_000;
/** Characters of a query; the embedder reads some 500 of them. */
export const QUERY_TEXT_MAX = 4_096;
/** Bytes of a signed card: the card limit of the network (64 KiB) with room for its envelope. */
export const ENVELOPE_BYTES_MAX = 131_072;
/** Bytes of one log record: envelope, vector of 4,096 numbers, 1,088 tags and the other fields. */
export const RECORD_BYTES_MAX = 524_288;
/** Bytes of any single text field kept for filters and answers. */
export const FIELD_BYTES_MAX = 4_096;
/** Tags of a card with those of its capabilities: 32 and 32 times 32 are what a card may have. */
export const TAGS_MAX = 1_088;
/** Prices counted per card. */
export const PRICES_MAX = 32;
/** Roots of an agent's keys that a record may hold: the keychain's own limit is 16. */
export const ROOTS_MAX = 32;
/** Nodes of a filter tree, all levels: filters come from the network. */
export const FILTER_NODES_MAX = 64;
/** Values in one list of a filter. */
export const FILTER_VALUES_MAX = 1_024;
/** Records of one group commit; together with the next bound it keeps a commit near one disk flush. */
export const COMMIT_RECORDS_MAX = 128;
/** Bytes of one group commit: 128 average records. */
export const COMMIT_BYTES_MAX = 1_048_576;
/** Records that may wait for the disk before `upsert` refuses. */
export const COMMIT_QUEUE_MAX = 65_536;
/** Vector dimensions that a log header may name. */
export const DIMS_MAX = 4_096;
/** Slots of one index, living and dead: 2^21, about what 4 GiB of WebAssembly memory holds at 384 numbers a vector. */
export const SLOTS_MAX = 2_097_152;
/** Reputation of an agent nobody reported on: below a good record, above a bad one. */
export const REPUTATION_UNKNOWN = 0.5;
/** Slots that one exact pass scores; longer lists are done in parts. 512 KiB of scores and slots a thread. */
export const LIST_SLOTS_MAX = 65_536;
/** Candidates that the sign-bit scan hands on at most: more would cost more than scanning int8 in the first place. */
export const CANDIDATES_MAX = 16_384;
/** Width of a graph search at most. */
export const BEAM_MAX = 2_048;
/** Slots that one graph search looks at most; bounds its time and its table of visited slots. */
export const WALK_SLOTS_MAX = 16_384;
/** Threads that use one index's memory: the caller's, one that searches, one that builds the graph. */
export const SEARCH_THREADS_MAX = 3;
