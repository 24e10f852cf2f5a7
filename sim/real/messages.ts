// What a run of real nodes and its parent tell each other. Plain data: it goes through a pipe.

import type { Scenario, TierResult, TraceLine } from '../scenario/index.ts';

/** The first order: to run to the end, or to stand at the start and be asked. */
export interface ToRun {
  readonly kind: 'run' | 'open';
  readonly scenario: Scenario;
  readonly seed: number;
  readonly isTraced: boolean;
  /** File for a journal of everything that happens; absent when nobody asked for one. */
  readonly journal?: string | undefined;
}

/** What an open run is asked, one thing after another. */
export type Question =
  | { readonly kind: 'advance'; readonly until: number }
  | { readonly kind: 'inspect'; readonly node: number }
  | { readonly kind: 'overview' | 'result' | 'close' };

/** What comes back: the result or the failure last; an answer for each question, and one when an open run stands. */
export type FromRun =
  | { readonly kind: 'progress'; readonly virtualSeconds: number; readonly events: number }
  | { readonly kind: 'trace'; readonly lines: readonly TraceLine[] }
  | { readonly kind: 'answer'; readonly now: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly code: string; readonly message: string }
  | { readonly kind: 'result'; readonly result: TierResult; readonly memoryBytes: number }
  | { readonly kind: 'failure'; readonly message: string };
