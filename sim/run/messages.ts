// What the main thread and its worker threads say to each other. Types only.

import type { Scenario, TierResult } from '../scenario/index.ts';

/** One seed to run. */
export interface Job {
  readonly scenario: Scenario;
  readonly seed: number;
  /** File for the trace; null for none. */
  readonly traceFile: string | null;
}

export type FromWorker =
  | { readonly kind: 'progress'; readonly virtualSeconds: number; readonly events: number }
  | { readonly kind: 'result'; readonly result: TierResult }
  | { readonly kind: 'failure'; readonly code: string; readonly message: string };
