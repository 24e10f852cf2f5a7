// Runs of a task that were accepted: what they are settled by.

import type { RunSummary, TaskEntry } from './task-book.ts';

/** A run that was accepted. */
export interface Accepted {
  readonly token: number;
  readonly agentId: string;
  /** What is owed for it, as decimal text. */
  readonly owed: RunSummary['owed'];
  /** Statement id of its receipt and digest of its result; null: there is no receipt, and nothing to countersign or to pay. */
  readonly receipt: { readonly id: string; readonly resultDigest: string } | null;
}

/** Those of a task that are not settled yet. */
export function acceptedOf({ runs, settled, task }: TaskEntry): Accepted[] {
  return task.accepted.flatMap((token) => {
    const run = runs.find((one) => one.token === token);
    if (run === undefined || settled.includes(token)) return [];
    const { agentId, owed, receiptId: id } = run;
    // What the receipt says was read from it when it was checked, and is on disk with the task.
    const resultDigest = task.attempts.find((one) => one.token === token)?.end?.resultDigest ?? null;
    return [
      { token, agentId, owed, receipt: id === null || resultDigest === null ? null : { id, resultDigest } },
    ];
  });
}
