// Error codes that the wasm-runner room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const wasmRunnerCodes = {
  JOB_INVALID: {
    exit: 2,
    http: 400,
    retryable: false,
    summary: 'A task is malformed: its seed, clock, arguments, environment or input paths.',
    remedy: 'Correct the field that the message names; docs/how-to/write-a-task.md shows a whole task.',
  },
  RUNNER_CLOSED: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'The WASM runner is shut down.',
    remedy: 'Send the task again once the node is up.',
  },
  RUNNER_UNAVAILABLE: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'The WASM runner cannot start its isolated process.',
    remedy: 'Run on Node 24 or newer and read the details for what the process said.',
  },
} as const satisfies Record<string, ErrorEntry>;
