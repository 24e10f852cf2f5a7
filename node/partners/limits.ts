// Bounds of what a node does with and for its partners.

/** Partners of one node: each costs a connection and a question of every query. */
export const PARTNERS_MAX = 256;

/** Partners that one query is put to at most, unless the caller says less. */
export const FAN_OUT_MAX = 32;

/** How long a query may take in all (milliseconds): who has not answered by then is named as missing. */
export const QUERY_MS_DEFAULT = 2_000;
/** Longest deadline that a caller may give (milliseconds): a stream is held open no longer. */
export const QUERY_MS_MAX = 60_000;

/** Bytes that one partner's answer may have. */
export const ANSWER_ROWS_BYTES_MAX = 67_108_864;

/** Statements of one partner in one answer: as many as a query may ask for. */
export const ANSWER_ROWS_MAX = 10_000;

/**
 * Bytes of one partner's log that a question keeps to judge the partner's answer by, of what the partner shows and of what others do: as many
 * statements as an answer may have, at 1.6 kB each. What is not kept convicts nobody.
 */
export const SEEN_BYTES_MAX = 16_777_216;

/** Sealed statements that are kept open, own ones and those of partners; their names are in memory, some 100 bytes each. */
export const SEALED_KEPT_MAX = 250_000;

/** Bytes of one opening as it goes over the wire: a sealed statement is at most this large. */
export const OPENING_BYTES_MAX = 4_194_304;

/** Openings fetched from a partner in one round. */
export const OPENINGS_PER_ROUND_MAX = 4_096;

/**
 * Entries of the own log that one round looks at, whether anything of them is open or not: each is read from the disk with its body, so that these are
 * a second of work at most. Who asks goes on from where the round ended.
 */
export const ENTRIES_PER_ROUND_MAX = 16_384;

/**
 * Rounds of one fetch that end before all that a round may look at was looked at, and before the end of the log. Whoever has used up what the agreement
 * grants is given so little; the rest is fetched another time.
 */
export const SHORT_ROUNDS_MAX = 16;

/** Evidence kept against one partner: the first says all, some more show that it goes on. */
export const EVIDENCE_PER_PARTNER_MAX = 16;

/** A pass counts this long (milliseconds) and is shown anew at every greeting. */
export const PASS_MS = 604_800_000;

/** Days that an agreement lasts when nobody says otherwise, and at most. */
export const AGREEMENT_DAYS_DEFAULT = 365;
/** Two years, as the protocol allows. */
export const AGREEMENT_DAYS_MAX = 730;

/** Pause between two rounds that keep partners connected (milliseconds). */
export const LINES_MS = 5_000;

/** One dial, greeting or fetch has this long (milliseconds). */
export const EXCHANGE_MS_MAX = 10_000;

/** A partner that could not be reached rests, doubling from the first to the last of these (milliseconds). */
export const REST_MS_FIRST = 5_000;
export const REST_MS_LAST = 600_000;

/** What an agreement grants when nobody says otherwise. */
export const BUDGET_DEFAULT = {
  queriesPerMinute: 600,
  rowsPerQuery: 1_000,
  bytesPerMinute: 67_108_864,
} as const;

/** Bytes that are gathered before they are sent, and how long the first of them waits (milliseconds). */
export const BATCH_BYTES = 65_536;
export const BATCH_MS = 4;

/** Share of the questions in which some partner is asked for what others hold of the other partners' logs: what one leaves out another shows. */
export const AUDIT_SHARE = 0.125;
