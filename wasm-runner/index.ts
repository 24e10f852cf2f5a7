// The public door of the WASM runner: run one untrusted module, measure it, get the same answer everywhere.
//
//   await using runner = await createRunner();
//   const result = await runner.run(makeJob({ module, inputs: { 'text.txt': bytes } }));

import type { Runner, RunnerOptions } from './pool/interface.ts';
import { PooledRunner } from './pool/runner.ts';

export { digestJob, digestResult, type JobDigests, type ResultDigests } from './digest.ts';
export { ABI_ID, REWRITER_ID, SCHEDULE_ID } from './identity.ts';
export { type Inspection, inspectModule, type ModuleNeeds } from './inspect.ts';
export {
  checkJob,
  DEFAULT_CLOCK,
  type Job,
  type JobInput,
  type JobLimits,
  type JobMode,
  makeJob,
  type RunResult,
  ZERO_SEED,
} from './job.ts';
export { DEFAULT_LIMITS, LIMITS_MAX } from './limits.ts';
export type { Runner, RunnerOptions, RunnerStats, RunOptions } from './pool/interface.ts';
export { type Difference, type ExpectedRun, expectedOf, type Replay, replay } from './replay.ts';
export {
  isSignable,
  SIGNABLE_STATUSES,
  type SignableStatus,
  type Status,
  UNSIGNABLE_STATUSES,
} from './status.ts';

/**
 * Makes a runner. Its isolated process is started with the first job (or by `warm`) and never keeps a program alive by itself;
 * `close` leaves no process behind.
 */
export async function createRunner(options: RunnerOptions = {}): Promise<Runner> {
  return new PooledRunner(options);
}
