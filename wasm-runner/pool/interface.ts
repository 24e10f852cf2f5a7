// What a runner offers, and what it can be told. Types only.

import type { Job, RunResult } from '../job.ts';

export interface RunnerOptions {
  /** Worker threads; as many as the machine has cores by default. One more is kept as a spare. */
  readonly workers?: number;
  /** Jobs that may wait; the next one is answered OVERLOADED. */
  readonly queueMax?: number;
  /** Bytes of compiled code that each worker keeps. */
  readonly cacheBytesMax?: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Who sends the job: jobs of different senders take turns. */
  readonly sender?: string;
  /** Count fuel by function too: slower, the same result. */
  readonly trace?: boolean;
  /** Called with what the job writes to its standard streams while it runs, best effort and bounded; the result has all of it. */
  readonly onOutput?: OnOutput | undefined;
}

export type OnOutput = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;

export interface RunnerStats {
  readonly running: number;
  readonly waiting: number;
  readonly finished: number;
  readonly overloaded: number;
  /** Workers that were ended for time or on request. */
  readonly replaced: number;
  /** Isolated processes that ended by themselves. */
  readonly crashes: number;
  readonly workers: number;
  readonly pid: number | null;
}

export interface Runner {
  /** Runs a job to its end. Rejects only for a malformed job (JOB_INVALID) or a closed or broken runner; all else is a status. */
  run(job: Job, options?: RunOptions): Promise<RunResult>;
  /** Starts the isolated process ahead of the first job; resolves when its workers run. */
  warm(): Promise<void>;
  stats(): RunnerStats;
  /** Ends the process and answers what waits or runs with CANCELLED. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
