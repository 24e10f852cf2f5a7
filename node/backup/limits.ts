// Bounds of backups: what their decoder takes, and how many peers a restored node waits for.

/** Bytes of one frame of a backup: a batch of records, or one file. A record of the database is at most a statement of some MiB. */
export const FRAME_BYTES_MAX = 32 * 1024 * 1024;
/** A batch of records is closed at this size: small enough that reading one never holds much. */
export const BATCH_BYTES = 512 * 1024;
/** Records in one batch. */
export const BATCH_RECORDS_MAX = 4_096;
/** Bytes of a database key: a sub-level, an origin and an index are some 150. */
export const KEY_BYTES_MAX = 4_096;
/** Bytes of one file beside the database: keys and the configuration are a few kB each. */
export const FILE_BYTES_MAX = 1024 * 1024;
/** Files beside the database: a key and its history for each agent. */
export const FILES_MAX = 4_096;
/** Records that a backup may have in all: more than a node of the largest quotas holds. */
export const RECORDS_MAX = 100_000_000;
/** Peers that have to agree, after a restore, that they know no newer entry of the own log. */
export const CONFIRM_DEFAULT = 2;
