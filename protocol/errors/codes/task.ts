// Codes of tasks: what can be wrong with a manifest, and why a task ended without its module having ended it.

import type { ErrorEntry } from '../entry.ts';

export const taskCodes = {
  MANIFEST_INVALID: {
    exit: 3,
    http: 422,
    retryable: false,
    summary: 'A signed task manifest contradicts itself.',
    remedy: 'Make it again with `zerostate task run`; a manifest cannot be mended.',
  },
  MANIFEST_REPLAYED: {
    exit: 3,
    http: 409,
    retryable: false,
    summary:
      'A task manifest was presented by a node that may not, after its deadline, or under an overtaken token.',
    remedy: 'Have the requester ask again.',
  },
  PART_MISSING: {
    exit: 4,
    http: 409,
    retryable: true,
    summary: 'An executor lacks the module or an input of a task.',
    remedy:
      'The requester sends it along and asks again by itself; a part over 16 MiB needs the artifact service.',
  },
  PAYMENT_REQUIRED: {
    exit: 4,
    http: 402,
    retryable: true,
    summary:
      'An executor wants its quote promised in a channel before it runs a task, or a relay wants to be paid for what it passed on.',
    remedy:
      'Open or top up a channel with `zerostate channel open`, and give the task a priceCeiling; for a relay see `zerostate channel relay`.',
  },
  RUNS_DIVERGED: {
    exit: 3,
    http: 200,
    retryable: false,
    summary: 'Members that ran the same task came to different results, and no majority.',
    remedy: 'See the comparison with `zerostate task status`; replay the receipts to learn who is wrong.',
  },
  TASK_TIMEOUT: {
    exit: 4,
    http: 200,
    retryable: true,
    summary: 'The task did not end within its wall-clock limit.',
    remedy: 'Raise limits.wallMs in the task file, or choose a faster member.',
  },
  DEADLINE_PASSED: {
    exit: 4,
    http: 200,
    retryable: true,
    summary: 'The deadline of the task passed before a member had answered.',
    remedy: 'Set a later deadline, or see with `zerostate task status` what the members waited for.',
  },
  TASK_CANCELLED: {
    exit: 1,
    http: 200,
    retryable: false,
    summary: 'The task was cancelled.',
    remedy: 'Submit it again under another idempotency key if it is wanted after all.',
  },
  LEASE_EXPIRED: {
    exit: 4,
    http: 409,
    retryable: true,
    summary: 'A member gave no sign of life while it held the task; another has taken over.',
    remedy: 'Nothing needs to be done: what the first member still delivers is not paid.',
  },
} as const satisfies Record<string, ErrorEntry>;
