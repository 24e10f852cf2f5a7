// Bounds of capsules. A capsule comes from a stranger: all of it is looked at before any of it is believed.

/** Bytes of a capsule once it is unpacked: the largest module and its inputs twice over, in base64, with the evidence. */
export const CAPSULE_BYTES_MAX: number = 64 * 1024 * 1024;

/** Decisions of one incident: the searches and admissions of one task, with all its takeovers. */
export const CAPSULE_DECISIONS_MAX = 64;

/** Policies under which they were made. */
export const CAPSULE_POLICIES_MAX = 16;

/** Signed originals: 16 for each of 64 candidates. */
export const CAPSULE_ORIGINALS_MAX = 1_024;

/** Receipts: the runs of one task. Each is verified with all inputs, so this bounds the work of who verifies: some 16 times 64 MiB hashed. */
export const CAPSULE_RECEIPTS_MAX = 16;

/** Bytes of inputs, each a part: files of a task and its module. */
export const CAPSULE_PARTS_MAX = 1_100;

/** Characters of a name, an id or a version in it. */
export const CAPSULE_TEXT_CHARS_MAX = 512;

/** Nesting of its JSON: a scenario in a capsule has some ten levels. */
export const CAPSULE_DEPTH_MAX = 32;

/** Values of its JSON: decisions of 64 KiB, each value of eight bytes. A text of twice that many names takes a second and half a gigabyte to look at. */
export const CAPSULE_VALUES_MAX: number = (CAPSULE_DECISIONS_MAX * 65_536) / 8;
