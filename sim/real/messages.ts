// What a run of tier T1 and its parent tell each other. Plain data: it goes through a pipe.

import type { Scenario, TierResult, TraceLine } from '../scenario/index.ts';

/** The one order. */
export interface ToRun {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly isTraced: boolean;
}

/** What comes back, the result or the failure last. */
export type FromRun =
  | { readonly kind: 'progress'; readonly virtualSeconds: number; readonly events: number }
  | { readonly kind: 'trace'; readonly lines: readonly TraceLine[] }
  | { readonly kind: 'result'; readonly result: TierResult; readonly memoryBytes: number }
  | { readonly kind: 'failure'; readonly message: string };
