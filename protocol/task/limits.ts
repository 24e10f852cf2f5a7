// Bounds of tasks: sizes of manifests and parts, redundancy, attempts and lifetimes, each with its reason.

import { COMPARISON_RUNS_MAX } from '../statement/index.ts';

/** Bytes of a signed manifest: a keychain of up to 16 roots, arguments, and the names of a thousand inputs. */
export const MANIFEST_BYTES_MAX = 524_288;

/** Nesting of a manifest; that of its keychain is the deepest. */
export const MANIFEST_DEPTH_MAX = 12;

/** Input files of one task. More belong into a folder that is one content id. */
export const TASK_INPUTS_MAX = 1_000;

/** Bytes of one part by content id: what a runner takes in one job. */
export const TASK_PART_BYTES_MAX = 268_435_456;

/** Characters of an idempotency key. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 128;

/** Members that run the same task; the rest of a comparison's runs is left for tie-breaks. */
export const REDUNDANCY_MAX = 5;

/** Runs of one task in all, takeovers and tie-breaks included, before it is given up. */
export const ATTEMPTS_MAX = COMPARISON_RUNS_MAX + 7;

/** Searches for more members: one at the start, and again when every member of a search failed. */
export const SEARCHES_MAX = 3;

/** Longest time from signing to deadline: results and leases are kept that long. */
export const TASK_LIFETIME_MS_MAX = 86_400_000;
