// The states of a task at its requester. Types, and how ends of runs map to ends of tasks.

import type { AgentId } from '../identity/index.ts';
import type { COMPARISON_OUTCOMES } from '../statement/index.ts';

/** Ends of a task. Each is distinct, and none is left again. */
export const FINAL_STATES = [
  'completed',
  'trapped',
  'out-of-fuel',
  'out-of-memory',
  'timed-out',
  'refused',
  'cancelled',
  'lost',
] as const;
export type FinalState = (typeof FINAL_STATES)[number];

/** placing: members are sought. running: at least one works. draining: cancelled, the members that work are waited for. */
export type TaskPhase = 'placing' | 'running' | 'draining' | FinalState;

/** What a run came to, as its verified receipt says. */
export interface RunEnd {
  readonly status: string;
  /** null for an end that is not signed (TIMEOUT). */
  readonly receipt: string | null;
  readonly jobDigest: string | null;
  readonly resultDigest: string | null;
}

/** One member's run of the task, under a lease. */
export interface Attempt {
  /** Fencing token: greater than that of every attempt before. What comes under an expired token counts for nothing. */
  readonly token: number;
  readonly agentId: AgentId;
  readonly state: 'asked' | 'ended' | 'failed' | 'fenced' | 'cancelled';
  /** Without a sign of life until then (ms since 1970) the lease ends. */
  readonly leaseUntil: number;
  readonly end: RunEnd | null;
  /** Error code of a failed attempt. */
  readonly error: string | null;
}

/** A task at its requester. Plain data: it is stored as it is. */
export interface Task {
  readonly taskId: string;
  readonly phase: TaskPhase;
  readonly redundancy: number;
  /** Members wanted now: the redundancy, and one more for each tie-break. */
  readonly wanted: number;
  readonly deadlineMs: number;
  readonly leaseMs: number;
  /** Members yet to be asked, best first. */
  readonly candidates: readonly AgentId[];
  readonly searches: number;
  readonly searching: boolean;
  readonly attempts: readonly Attempt[];
  /** Tokens whose results were accepted, and may be paid, once. */
  readonly accepted: readonly number[];
  readonly outcome: (typeof COMPARISON_OUTCOMES)[number] | null;
  /** Why it ended as it did, as an error code; null for an end that the module reached. */
  readonly error: string | null;
}

/** What happens to a task. */
export type TaskEvent =
  | { readonly type: 'candidates'; readonly agents: readonly AgentId[] }
  | { readonly type: 'alive'; readonly token: number }
  | { readonly type: 'ended'; readonly token: number; readonly end: RunEnd }
  | { readonly type: 'failed'; readonly token: number; readonly error: string }
  | { readonly type: 'cancel' }
  | { readonly type: 'tick' };

/** What is to be done, after the state is on disk. */
export type TaskEffect =
  | { readonly type: 'search' }
  | { readonly type: 'ask'; readonly token: number; readonly agentId: AgentId }
  | { readonly type: 'withdraw'; readonly token: number; readonly agentId: AgentId }
  | { readonly type: 'accept'; readonly token: number }
  | { readonly type: 'compare'; readonly tokens: readonly number[] }
  | { readonly type: 'finish'; readonly state: FinalState };

/** True when a task has ended. */
export function isFinal(phase: TaskPhase): phase is FinalState {
  return (FINAL_STATES as readonly string[]).includes(phase);
}

const FINAL_OF: Readonly<Record<string, FinalState>> = {
  OK: 'completed',
  EXIT: 'completed',
  TRAP: 'trapped',
  STACK_LIMIT: 'trapped',
  OUTPUT_LIMIT: 'trapped',
  OUT_OF_FUEL: 'out-of-fuel',
  OUT_OF_MEMORY: 'out-of-memory',
  TIMEOUT: 'timed-out',
  MODULE_INVALID: 'refused',
  FEATURE_REFUSED: 'refused',
  IMPORT_REFUSED: 'refused',
  LIMIT_REFUSED: 'refused',
};

/** The end of a task whose run ended so. A status that says something about the member only is none: undefined. */
export function finalOf(status: string): FinalState | undefined {
  return FINAL_OF[status];
}
