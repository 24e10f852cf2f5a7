// The part of a receipt that replaying must reproduce, from a job and its result. Requester, executor and replayer use these functions.

import type { ReceiptDeterministic, ReceiptStatus } from '../../protocol/statement/index.ts';
import { digestJob, digestResult, type Job, type RunResult } from '../../wasm-runner/index.ts';

/** Digests of what was asked, under the receipt's names. */
export function askedDigests(job: Job) {
  const { module, args, env, stdin, inputs } = digestJob(job);
  return { moduleDigest: module, inputsDigest: inputs, argsDigest: args, envDigest: env, stdinDigest: stdin };
}

/** Digests of what came of it, under the receipt's names. */
export function gotDigests(result: Pick<RunResult, 'stdout' | 'stderr' | 'outputs'>) {
  const { stdout, stderr, outputs } = digestResult(result);
  return { stdoutDigest: stdout, stderrDigest: stderr, outputTreeDigest: outputs };
}

/** The deterministic part of a receipt. Only for a signable result. */
export function deterministicPart(job: Job, result: RunResult): ReceiptDeterministic {
  const { fuel, memoryBytes, stackBytes, outputBytes } = job.limits;
  return {
    ...askedDigests(job),
    scheduleId: result.scheduleId,
    rewriter: result.rewriter,
    abi: result.abi,
    limits: { fuel: fuel.toString(), memoryBytes, stackBytes, outputBytes },
    seed: job.seed,
    clock: { origin: job.clock.originNs.toString(), step: job.clock.stepNs.toString() },
    result: {
      status: result.status as ReceiptStatus,
      exitCode: result.exitCode,
      trap: result.trap,
      fuel: result.fuel.toString(),
      ...gotDigests(result),
    },
  };
}
