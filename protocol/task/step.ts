// The state machine of a task at its requester: (task, event, now) -> { task, effects }. Sans I/O: the caller stores the task before it
// does what the effects say, and after a restart asks again what was asked, under the same tokens.

import type { AgentId } from '../identity/index.ts';
import { outcomeOf } from '../statement/index.ts';
import { ATTEMPTS_MAX, SEARCHES_MAX } from './limits.ts';
import {
  type Attempt,
  type FinalState,
  finalOf,
  isFinal,
  type Task,
  type TaskEffect,
  type TaskEvent,
} from './state.ts';

/** A new task, before its first step; begin with a tick. */
export function openTask(input: Pick<Task, 'taskId' | 'redundancy' | 'deadlineMs' | 'leaseMs'>): Task {
  return {
    ...input,
    phase: 'placing',
    wanted: input.redundancy,
    candidates: [],
    searches: 0,
    searching: false,
    attempts: [],
    accepted: [],
    outcome: null,
    error: null,
  };
}

/** One step under way: the task as it becomes, and what is to be done. */
class Step {
  task: Task;
  readonly effects: TaskEffect[] = [];
  readonly now: number;

  constructor(task: Task, now: number) {
    this.task = task;
    this.now = now;
  }

  set(change: Partial<Task>): void {
    this.task = { ...this.task, ...change };
  }

  attempt(token: number, change: Partial<Attempt>): void {
    this.set({
      attempts: this.task.attempts.map((one) => (one.token === token ? { ...one, ...change } : one)),
    });
  }

  get asked(): readonly Attempt[] {
    return this.task.attempts.filter(({ state }) => state === 'asked');
  }

  get ended(): readonly Attempt[] {
    return this.task.attempts.filter(({ state }) => state === 'ended');
  }

  /** Ends with a receipt, whose results can be compared. */
  get signed(): readonly Attempt[] {
    return this.ended.filter(({ end }) => end?.receipt != null);
  }

  withdraw(attempts: readonly Attempt[], state: 'fenced' | 'cancelled', error: string): void {
    for (const { token, agentId } of attempts) {
      this.attempt(token, { state, error });
      this.effects.push({ type: 'withdraw', token, agentId });
    }
  }

  accept(attempts: readonly Attempt[]): void {
    for (const { token } of attempts) {
      if (this.task.accepted.includes(token)) continue;
      this.set({ accepted: [...this.task.accepted, token] });
      this.effects.push({ type: 'accept', token });
    }
  }

  finish(state: FinalState, error: string | null): void {
    this.withdraw(this.asked, 'cancelled', 'TASK_ENDED');
    this.set({ phase: state, error, candidates: [], searching: false });
    this.effects.push({ type: 'finish', state });
  }
}

/** Asks members until as many work or have answered as are wanted; searches when there is nobody left to ask. */
function place(step: Step): void {
  for (;;) {
    const { candidates, attempts, wanted } = step.task;
    const working = step.asked.length + step.signed.length;
    if (working >= wanted || attempts.length >= ATTEMPTS_MAX) break;
    const [agentId, ...rest] = candidates;
    if (agentId === undefined) break;
    const token = (attempts.at(-1)?.token ?? 0) + 1;
    const leaseUntil = step.now + step.task.leaseMs;
    const attempt: Attempt = { token, agentId, state: 'asked', leaseUntil, end: null, error: null };
    step.set({ candidates: rest, attempts: [...attempts, attempt], phase: 'running' });
    step.effects.push({ type: 'ask', token, agentId });
  }
  const { attempts, candidates, searches, searching, wanted } = step.task;
  const short = step.asked.length + step.signed.length < wanted && candidates.length === 0;
  if (!short || searching || attempts.length >= ATTEMPTS_MAX || searches >= SEARCHES_MAX) return;
  step.set({ searching: true, searches: searches + 1 });
  step.effects.push({ type: 'search' });
}

/** Compares what the members came to, and ends the task, or asks one more to break the tie. */
function decide(step: Step): void {
  const { signed, task } = step;
  if (task.redundancy === 1) {
    const [one] = signed as [Attempt];
    step.accept([one]);
    step.finish(finalOf(one.end?.status ?? '') ?? 'lost', null);
    return;
  }
  const verdict = outcomeOf(signed.map(({ end }) => ({ resultDigest: end?.resultDigest ?? '' })));
  // Before anyone is named, a member that has not run the task is asked: one majority of the asked is not enough.
  if (verdict.outcome !== 'agreed' && task.wanted <= signed.length && task.wanted < task.redundancy + 2) {
    const tieBreaks = task.wanted - task.redundancy;
    if (tieBreaks === 0 || verdict.outcome === 'unresolved') {
      step.set({ wanted: task.wanted + 1 });
      place(step);
      if (step.asked.length > 0 || step.task.searching) return;
      step.set({ wanted: task.wanted });
    }
  }
  step.set({ outcome: verdict.outcome });
  step.effects.push({ type: 'compare', tokens: signed.map(({ token }) => token) });
  const right = signed.filter(({ end }) => end?.resultDigest === verdict.resultDigest);
  if (right.length === 0) {
    step.finish('lost', 'RUNS_DIVERGED');
    return;
  }
  step.accept(right);
  step.finish(finalOf(right[0]?.end?.status ?? '') ?? 'lost', null);
}

/** Accepts what was done although the task does not end by it: work that nobody contradicts is owed. */
function acceptUncontradicted(step: Step): void {
  const { signed } = step;
  const agreed =
    signed.length < 2 ||
    outcomeOf(signed.map(({ end }) => ({ resultDigest: end?.resultDigest ?? '' }))).outcome === 'agreed';
  if (agreed) step.accept(signed);
}

/** The error that every attempt failed with; undefined when they differ, or when one did not fail. */
function commonError(attempts: readonly Attempt[]): string | undefined {
  const [first] = attempts;
  if (first === undefined || first.error === null) return undefined;
  return attempts.every(({ error }) => error === first.error) ? first.error : undefined;
}

/** Ends a task that has nobody left to ask, by what its members said. */
function giveUp(step: Step): void {
  const { attempts, redundancy } = step.task;
  if (redundancy > 1 && step.signed.length >= redundancy) {
    decide(step);
    return;
  }
  acceptUncontradicted(step);
  if (attempts.some(({ end }) => end?.status === 'TIMEOUT')) step.finish('timed-out', 'TASK_TIMEOUT');
  else if (attempts.length > 0 && attempts.every(({ error }) => error === 'TASK_REFUSED'))
    step.finish('refused', 'TASK_REFUSED');
  // What stood in the way of all of them is the cause.
  else step.finish('lost', commonError(attempts) ?? 'NO_MEMBER');
}

/** Brings the task as far as it goes by itself. */
function settle(step: Step): void {
  if (isFinal(step.task.phase)) return;
  if (step.task.phase === 'draining') {
    if (step.asked.length > 0) return;
    acceptUncontradicted(step);
    step.finish('cancelled', 'TASK_CANCELLED');
    return;
  }
  if (step.signed.length >= step.task.wanted) {
    decide(step);
    return;
  }
  place(step);
  if (step.asked.length === 0 && !step.task.searching) giveUp(step);
}

function onTick(step: Step): void {
  if (step.now >= step.task.deadlineMs) {
    // Members that kept the deadline are paid, whoever did not.
    acceptUncontradicted(step);
    if (step.task.phase === 'draining') step.finish('cancelled', 'TASK_CANCELLED');
    else step.finish('timed-out', 'DEADLINE_PASSED');
    return;
  }
  step.withdraw(
    step.asked.filter(({ leaseUntil }) => leaseUntil <= step.now),
    'fenced',
    'LEASE_EXPIRED',
  );
}

function onCancel(step: Step): void {
  if (step.task.phase === 'draining') return;
  for (const { token, agentId } of step.asked) step.effects.push({ type: 'withdraw', token, agentId });
  step.set({ phase: 'draining', candidates: [], searching: false });
}

function onCandidates(step: Step, agents: readonly AgentId[]): void {
  // An answer to a search that nobody waits for any more.
  if (!step.task.searching) return;
  // A member that only had too much to do may have room by now; any other that failed is not asked twice.
  const tried = step.task.attempts.filter(({ error }) => error !== 'BUSY' && error !== 'OVERLOADED');
  const known = new Set(tried.map(({ agentId }) => agentId));
  const fresh = [...new Set(agents)].filter((agentId) => !known.has(agentId));
  step.set({
    searching: false,
    candidates: fresh,
    ...(fresh.length === 0 ? { searches: SEARCHES_MAX } : {}),
  });
}

/** The next state of a task, and what is to be done once it is stored. `now` in ms since 1970. Total: an event out of place changes nothing. */
export function stepTask(task: Task, event: TaskEvent, now: number): { task: Task; effects: TaskEffect[] } {
  if (isFinal(task.phase)) return { task, effects: [] };
  const step = new Step(task, now);
  const attempt = 'token' in event ? task.attempts.find(({ token }) => token === event.token) : undefined;
  // What comes under a token that is no longer in force counts for nothing: the task is another's by now.
  if ('token' in event && attempt?.state !== 'asked') return { task, effects: [] };
  switch (event.type) {
    case 'candidates':
      onCandidates(step, event.agents);
      break;
    case 'alive':
      step.attempt(event.token, { leaseUntil: now + task.leaseMs });
      break;
    case 'ended':
      step.attempt(event.token, { state: 'ended', end: event.end });
      break;
    case 'failed':
      step.attempt(event.token, { state: 'failed', error: event.error });
      break;
    case 'cancel':
      onCancel(step);
      break;
    case 'tick':
      onTick(step);
      break;
  }
  settle(step);
  return { task: step.task, effects: step.effects };
}
