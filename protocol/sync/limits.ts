// Bounds of synchronisation messages. Each bounds what a partner can make us hold or do for one message.

/** Heads in one message: 1,024 checkpoints of some 230 bytes stay under 256 KiB. */
export const HEADS_MAX = 1024;
/** Bytes of one checkpoint in a message: a head with 16 Ed25519 cosignatures is below 4 KiB. */
export const HEAD_BYTES_MAX = 8192;
/** Bytes of one heads message. */
export const HEADS_MESSAGE_BYTES_MAX: number = 1024 * 1024;
/** Characters of an origin. */
export const ORIGIN_CHARS_MAX = 256;
/** Entries in one tail: bounds the hashing and signature checks of one step to some 100 ms. */
export const TAIL_ENTRIES_MAX = 1024;
/** Bytes of one body: the largest envelope (1 MiB payload) and its signatures. */
export const BODY_BYTES_MAX: number = 1_048_576 + 128 * 1024;
/** Elements of a consistency proof between sizes below 2^53: one a level, and the first. */
export const PROOF_ELEMENTS_MAX = 64;
/** Smallest credit of a request: a checkpoint, a proof and the frame always fit. */
export const CREDIT_BYTES_MIN = 16_384;
/** Largest credit that a request may name. */
export const CREDIT_BYTES_MAX: number = 8 * 1024 * 1024;
/**
 * Bytes of the longest tail: the largest entry fits, with a head, a proof and the frames around it. Whoever grants more is sent no more, and nobody
 * has a reason to: each byte is work of one thread on both sides.
 */
export const TAIL_BYTES_MAX: number = 1_200 * 1024;
/** Default credit of a request. */
export const CREDIT_BYTES_DEFAULT: number = 1024 * 1024;
/** Bytes of a request or a refusal. */
export const SMALL_MESSAGE_BYTES_MAX = 4096;
/** Characters of an error code in a refusal. */
export const CODE_CHARS_MAX = 64;
/** Longest wait that a refusal may ask for: one day. */
export const RETRY_MS_MAX = 86_400_000;
