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
/** Values in all lists of a filter together: each may be a bitmap of all slots. */
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
/** Cards embedded and written together in an import: a few batches of the embedder. */
export const IMPORT_GROUP = 64;
/** Share of dead slots at which the index is compacted in the background. */
export const COMPACT_SHARE = 0.2;
/** Dead slots that are worth a compaction at all: a few megabytes. */
export const COMPACT_DEAD_MIN = 1_000;
/** Changes after which a snapshot is taken in the background: this many, and a quarter of the cards. */
export const SNAPSHOT_CHANGES_MIN = 20_000;
/** The quarter of the line above. */
export const SNAPSHOT_SHARE = 0.25;
/** Changes that make a snapshot at closing worth its write; fewer are read from the log in a few milliseconds. */
export const SNAPSHOT_AT_CLOSE_MIN = 500;
/** Hits that a vector engine is asked for beyond k: some may be of cards that have changed here meanwhile. */
export const BACKEND_SPARE_HITS = 8;
/** Points sent to a vector engine at once: a request of the served index takes no more. */
export const BACKEND_GROUP = 256;
/** Milliseconds before a vector engine that failed is tried again; doubled each time. */
export const BACKEND_RETRY_MS_MIN = 500;
/** Milliseconds between tries at most: an outage is over for searches this much after it is. */
export const BACKEND_RETRY_MS_MAX = 15_000;
/** Milliseconds between comparisons of what a vector engine holds with what it should. */
export const BACKEND_COMPARE_MS = 600_000;
/** Milliseconds after which a comparison is due at once when an answer names a card that should not be there. */
export const BACKEND_COMPARE_MS_MIN = 30_000;
/** Milliseconds that closing waits for a vector engine that does not answer. */
export const BACKEND_CLOSE_MS_MAX = 5_000;
