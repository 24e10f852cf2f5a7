// Error codes that the simulator raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const simCodes = {
  SCENARIO_INVALID: {
    exit: 2,
    http: 400,
    retryable: false,
    summary: 'A scenario has a value out of its bounds.',
    remedy: 'Compare with "zerostate sim run --help"; the message names the value.',
  },
  SIMULATION_FAILED: {
    exit: 1,
    http: 500,
    retryable: false,
    summary: 'A simulated run broke before its end.',
    remedy: "The message is the run's own error; run the same seed again to see it again.",
  },
  SIMULATION_OVERFLOW: {
    exit: 1,
    http: 500,
    retryable: false,
    summary: 'A simulation has more events waiting than its bound.',
    remedy: 'Simulate fewer nodes or messages, or raise the bound where the scenario allows it.',
  },
} as const satisfies Record<string, ErrorEntry>;
