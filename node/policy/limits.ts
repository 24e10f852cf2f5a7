// Bounds of policies on a node: what is kept, and for how long things hold.

/** Bundles kept to explain and replay old decisions, and to go back to; the newest, and the one in force always. */
export const BUNDLES_KEPT = 64;

/** Switches listed by "policy history". */
export const HISTORY_KEPT = 1_000;

/** Decision records kept of each kind; the oldest give way. Kinds do not push out each other. */
export const DECISIONS_KEPT = 2_000;

/** Bytes of decision records kept of each kind. */
export const DECISION_BYTES_KEPT = 16_777_216;

/** Records that wait for the disk at once: a second of searches. Beyond it, what must be on record is refused, and the rest is counted as lost. */
export const RECORDS_WAITING_MAX = 2_048;

/** Records of one batch. */
export const RECORDS_PER_BATCH = 128;

/** Overrides in force at once: each is a person's word. */
export const OVERRIDES_MAX = 64;

/** Longest time an override holds, in milliseconds: a day; whoever needs more gives another reason. */
export const OVERRIDE_MS_MAX = 86_400_000;

/** Ages of knowledge are told to policies in steps of so many seconds, rounded up: never younger than it is, and equal questions are equal. */
export const AGE_STEP_SECONDS = 10;

/** Standing decisions remembered, about 1 kB each: peers and issuers of one day. */
export const DECIDED_ONCE_MAX = 4_096;
