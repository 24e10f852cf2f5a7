// Bounds of a job and of the pool, with their reasons. Must not: hold the rewriter's bounds (meter/limits.ts does).

import { COUNTER_FUEL_MAX, COUNTER_STACK_BYTES_MAX } from './meter/counter.ts';

const MIB = 1024 * 1024;

/** What a job may use when it does not say. */
export const DEFAULT_LIMITS = {
  /** About ten seconds of plain integer code on a 2020s core. */
  fuel: 100_000_000_000n,
  memoryBytes: 256 * MIB,
  stackBytes: MIB,
  outputBytes: 16 * MIB,
  wallMs: 30_000,
} as const;

/** The most a job may ask for. */
export const LIMITS_MAX = {
  /** What the counter of a metered module holds. */
  fuel: COUNTER_FUEL_MAX,
  /** All of a 32-bit memory. */
  memoryBytes: 4096 * MIB,
  /** A quarter of WORKER_STACK_MB: an engine's frames can be larger than the metered ones. */
  stackBytes: COUNTER_STACK_BYTES_MAX,
  outputBytes: 512 * MIB,
  wallMs: 3_600_000,
} as const;

/** Stack of a worker thread, at least four times the largest metered stack plus room for the host. */
export const WORKER_STACK_MB = 72;

/** JavaScript heap of a worker: file trees and modules live outside it, so this bounds bookkeeping only. */
export const WORKER_HEAP_MB = 512;

/** Bytes of arguments and environment together, as the guest stores them. */
export const ARGS_BYTES_MAX = MIB;

/** Bytes of stdin and the input tree together. */
export const INPUT_BYTES_MAX = 512 * MIB;

/** Files of the input tree. */
export const INPUT_FILES_MAX = 65_536;

/** Bytes of compiled modules that each worker keeps, measured by the size of their rewritten code. */
export const CACHE_BYTES_DEFAULT = 128 * MIB;

/** Jobs that wait at most; more are answered OVERLOADED. */
export const QUEUE_DEFAULT = 1_024;

/** Bytes of one frame between the node and the child: the largest job or answer with room for its header. */
export const FRAME_BYTES_MAX = 1_200 * MIB;

/** Bytes of the child's standard error that are kept to explain a crash. */
export const STDERR_BYTES_KEPT = 4_096;

/** Milliseconds for a worker to end after it was told to, and the next to start; then the whole child is ended. */
export const KILL_GRACE_MS = 20_000;

/** Milliseconds for a fresh child to report that its workers are up. */
export const START_GRACE_MS = 30_000;
