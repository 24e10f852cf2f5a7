// Runs what a receipt is about again, and compares the whole deterministic part: every digest, limit and unit of fuel.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { ReceiptDeterministic } from '../../protocol/statement/index.ts';
import type { Runner, RunResult } from '../../wasm-runner/index.ts';
import { deterministicPart } from '../tasks/deterministic.ts';
import { jobOf, type TaskParts } from '../tasks/manifest.ts';

/** One member that came out otherwise. */
export interface ReceiptDifference {
  readonly term: string;
  readonly was: string;
  readonly now: string;
}

function flatten(value: object, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      typeof member === 'object' && member !== null
        ? Object.entries(flatten(member as object, `${prefix}${name}.`))
        : [[`${prefix}${name}`, String(member)]],
    ),
  );
}

/** Runs a task again. Throws TASK_FAILED when the run ended for a reason of this machine, which proves nothing. */
export async function replayTask(
  runner: Runner,
  parts: TaskParts,
  deterministic: ReceiptDeterministic,
): Promise<{ again: RunResult; differences: ReceiptDifference[] }> {
  const job = jobOf(parts);
  const again = await runner.run(job);
  if (!again.signable)
    throw new ZeroError('TASK_FAILED', `the replay ended with ${again.status}, which proves nothing`, {
      hint: 'Try again on a quieter machine.',
    });
  const here = flatten(deterministicPart(job, again));
  const there = flatten(deterministic);
  const differences = [...new Set([...Object.keys(there), ...Object.keys(here)])]
    .filter((term) => there[term] !== here[term])
    .map((term) => ({ term, was: String(there[term]), now: String(here[term]) }));
  return { again, differences };
}
