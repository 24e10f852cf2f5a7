// Digests of a job and of a result: what a receipt states. Must not: sign or know receipts.

import { argsDigest, bytesDigest, envDigest, treeDigest } from '../protocol/receipt/index.ts';
import type { Job, RunResult } from './job.ts';
import { moduleId } from './pool/module-id.ts';

export interface JobDigests {
  readonly module: string;
  readonly args: string;
  readonly env: string;
  readonly stdin: string;
  readonly inputs: string;
}

export interface ResultDigests {
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: string;
}

/** Digests of what a job gives the task; limits, seed and clock stand in a receipt as they are. */
export function digestJob(job: Job): JobDigests {
  return {
    module: moduleId(job.module),
    args: argsDigest(job.args),
    env: envDigest(job.env),
    stdin: bytesDigest(job.stdin),
    inputs: treeDigest(job.inputs),
  };
}

/** Digests of what a run gave. */
export function digestResult(result: Pick<RunResult, 'stdout' | 'stderr' | 'outputs'>): ResultDigests {
  return {
    stdout: bytesDigest(result.stdout),
    stderr: bytesDigest(result.stderr),
    outputs: treeDigest(result.outputs),
  };
}
