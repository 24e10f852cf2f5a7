// Bounds and names of files that can be verified.

/** Largest file: a receipt with its replay capsule (a module of 16 MiB and its inputs, in base64) fits. */
export const VERIFY_FILE_BYTES_MAX: number = 48 * 1024 * 1024;
/** Nesting of a JSON file; the deepest of ours is an in-toto statement in no envelope, and never read here. */
export const VERIFY_FILE_DEPTH_MAX = 16;
/** `kind` of a receipt file, version 1. */
export const RECEIPT_FILE_KIND = 'zerostate-receipt/v1';
/** Input files of a replay capsule. */
export const CAPSULE_FILES_MAX = 1024;
/** An object may be this far ahead of the verifier's clock. */
export const CLOCK_SKEW_MS_MAX = 300_000;
