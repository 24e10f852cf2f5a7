// Every bound of the HTTP server of an index, with its unit and its reason.

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** Queries of one batch: what an edge asks at once, and still one slot of the gate. */
export const BATCH_QUERIES_MAX = 64;
/** Queries of a batch under way at once: one batch of the embedder. */
export const BATCH_PARALLEL_MAX = 16;
/** Cards of one `POST /v1/cards`: a few group commits; more come in several requests or as a stream. */
export const CARDS_PER_REQUEST_MAX = 256;
/** Cards of one page of `GET /v1/cards`: a megabyte, and a few milliseconds to sort. */
export const CARDS_PER_PAGE_MAX = 4_096;
/** Reputations set by one request. */
export const REPUTATIONS_MAX = 1_024;
/** Bytes of a request: 64 queries with vectors of 4,096 numbers in JSON, or 256 average cards. */
export const BODY_BYTES_MAX = 8 * MIB;
/** Bytes of one question: a vector of 4,096 numbers in JSON and a full filter, some times over. */
export const QUERY_BYTES_MAX = MIB;
/** Values in one body: 64 vectors of 4,096 numbers in JSON, with as much again around them. Each may become an object of 60 bytes. */
export const BODY_ITEMS_MAX = 524_288;
/** Bytes of all bodies that are read or worked on at once; more callers are told to come back. */
export const BODIES_BYTES_MAX = 128 * MIB;
/** Bytes of one streamed import: a million average cards. Lines are bounded one by one as well. */
export const IMPORT_BYTES_MAX = 8 * 1_024 * MIB;
/** Bytes of one line of an import: the largest envelope in base64 with its JSON around it. */
export const IMPORT_LINE_BYTES_MAX = 192 * KIB;
/** Cards of an import that are verified and written together. */
export const IMPORT_GROUP_MAX = 64;
/** Refused cards that an answer names; all are counted. */
export const REFUSED_NAMED_MAX = 100;
/** Nesting of a request: filters may have 64 parts, each two levels, inside a batch. */
export const BODY_DEPTH_MAX = 140;
/** Queries under way at once: enough to fill the embedder's batches, few enough that memory stays flat. */
export const QUERIES_ACTIVE_MAX = 64;
/** Queries that wait for a slot; at some 500 queries a second these wait half a second. */
export const QUERIES_WAITING_MAX = 256;
/** Writing requests under way at once: they share one log, more would only queue there. */
export const WRITES_ACTIVE_MAX = 4;
/** Writing requests that wait, each with up to BODY_BYTES_MAX in memory. */
export const WRITES_WAITING_MAX = 16;
/** A request that got no slot in this time (milliseconds) is refused: its caller has given up or should. */
export const WAIT_MS_MAX = 5_000;
/** Seconds after which a refused caller may try again. */
export const RETRY_AFTER_SECONDS = 1;
/** Connections open at once. */
export const CONNECTIONS_MAX = 1_024;
/** Milliseconds without a byte after which a connection is closed. */
export const IDLE_MS_MAX = 120_000;
/** Milliseconds for a whole request; a long import is split by its sender. */
export const REQUEST_MS_MAX = 3_600_000;
/** Milliseconds that requests under way have at the end before their connections are cut. */
export const STOP_MS_MAX = 5_000;
/** Bytes of a token file: longer ones are no tokens. */
export const TOKEN_BYTES_MAX = 4 * KIB;
