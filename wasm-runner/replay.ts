// Runs a job again and compares with what was stated about it. Must not: read receipts; callers take the expectation out of theirs.

import { digestResult } from './digest.ts';
import { ABI_ID, REWRITER_ID, SCHEDULE_ID } from './identity.ts';
import type { Job, RunResult } from './job.ts';
import type { Runner, RunOptions } from './pool/interface.ts';

/** What a receipt states about a run, digests as `sha256:<hex>`. */
export interface ExpectedRun {
  readonly scheduleId: string;
  readonly rewriter: string;
  readonly abi: string;
  readonly status: string;
  readonly exitCode: number | null;
  readonly fuel: bigint;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: string;
}

export interface Difference {
  readonly field: keyof ExpectedRun;
  readonly expected: string;
  readonly got: string;
}

export type Replay =
  | { readonly verdict: 'identical'; readonly result: RunResult }
  /** The first difference, in the order of ExpectedRun. */
  | { readonly verdict: 'different'; readonly first: Difference; readonly result: RunResult }
  /** The rules differ, or the run ended for a reason of this machine: nothing is shown either way. */
  | { readonly verdict: 'incomparable'; readonly reason: string; readonly result: RunResult | null };

const RULES = { scheduleId: SCHEDULE_ID, rewriter: REWRITER_ID, abi: ABI_ID } as const;

/** The statement that a result supports. */
export function expectedOf(result: RunResult): ExpectedRun {
  const { scheduleId, rewriter, abi, status, exitCode, fuel } = result;
  return { scheduleId, rewriter, abi, status, exitCode, fuel, ...digestResult(result) };
}

/** Runs a job and says whether the result is the stated one, byte for byte and unit for unit. Rejects as Runner.run does. */
export async function replay(
  runner: Runner,
  job: Job,
  expected: ExpectedRun,
  options: RunOptions = {},
): Promise<Replay> {
  for (const [rule, here] of Object.entries(RULES)) {
    const stated = expected[rule as keyof typeof RULES];
    if (stated !== here)
      return {
        verdict: 'incomparable',
        reason: `${rule} is ${stated}, this runner has ${here}`,
        result: null,
      };
  }
  const result = await runner.run(job, options);
  if (!result.signable)
    return { verdict: 'incomparable', reason: `the run ended with ${result.status} here`, result };
  const got = expectedOf(result);
  for (const field of Object.keys(got) as (keyof ExpectedRun)[]) {
    if (got[field] === expected[field]) continue;
    return {
      verdict: 'different',
      first: { field, expected: String(expected[field]), got: String(got[field]) },
      result,
    };
  }
  return { verdict: 'identical', result };
}
