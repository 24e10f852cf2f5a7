// What runs, waits and has ended at an executor: one entry a task and agent, so that asking twice is one run. Bounded per requester and
// in all; results are kept until nobody may ask for them any more, for a requester that comes back.

import { Tally } from '../../protocol/bounded/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { LiveOutput } from './live-output.ts';
import type { TaskResponse, TaskStanding } from './wire.ts';

/** Runs of one requester that wait or run: one requester does not fill the table. */
const PER_REQUESTER_MAX = 128;
/** Runs of one node that wait or run, for all requesters that it speaks for: identities are free, and four nodes are not one. */
const PER_PEER_MAX = 256;
/** Runs in all that wait or run. */
const RUNS_MAX = 1_024;
/** A result is kept for so long after the deadline of its task, in milliseconds: who follows what it writes reads the end of it meanwhile. */
export const AFTER_DEADLINE_MS = 60_000;
/** Pause between two looks at results that nobody may ask for any more, in milliseconds, while any is kept. */
const FORGET_MS = 10_000;
/** Ended runs whose results are kept, and their bytes. */
const ENDED_MAX = 512;
const ENDED_BYTES_MAX = 64 * 1024 * 1024;

/** One run of a task for one agent. */
export interface Run {
  readonly key: string;
  readonly requester: string;
  readonly peer: string;
  readonly token: number;
  /** When the task's deadline is, in ms since the epoch: a request that comes later is refused. */
  readonly deadline: number;
  readonly abort: AbortController;
  readonly answer: Promise<TaskResponse>;
  /** What it writes while it runs. */
  readonly live: LiveOutput;
  standing: TaskStanding;
  bytes: number;
}

const sizeOf = ({ stdout, stderr, outputs, receipt }: TaskResponse) =>
  Object.values(outputs).reduce((sum, { length }) => sum + length, 0) +
  stdout.length +
  stderr.length +
  (receipt?.length ?? 0);

/** The table of runs. */
export class RunTable {
  readonly #clock: Clock;
  readonly #runs = new Map<string, Run>();
  readonly #perRequester = new Tally();
  readonly #perPeer = new Tally();
  #under = 0;
  /** Ended runs whose results are kept, and their bytes. */
  #kept = 0;
  #endedBytes = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(key: string): Run | undefined {
    return this.#runs.get(key);
  }

  /** The run of this attempt, when it is under way or its result is kept. Throws MANIFEST_REPLAYED when a later attempt has overtaken it. */
  under(key: string, token: number): Run | undefined {
    const known = this.#runs.get(key);
    if (known === undefined || known.token < token) return undefined;
    if (known.token > token)
      throw new ZeroError('MANIFEST_REPLAYED', `attempt ${token} was overtaken by ${known.token}`);
    return known;
  }

  /** Runs that were begun since the start. */
  begun = 0;

  /** Runs that wait or run. */
  get size(): number {
    return this.#under;
  }

  /** Runs that have ended and whose results are kept. */
  get kept(): number {
    return this.#kept;
  }

  /** Begins a run, or joins it when it has begun meanwhile. An older attempt under the same key is withdrawn. Throws BUSY or MANIFEST_REPLAYED. */
  begin(
    input: Pick<Run, 'key' | 'requester' | 'peer' | 'token' | 'deadline' | 'live'>,
    work: (signal: AbortSignal) => Promise<TaskResponse>,
  ): Run {
    const known = this.under(input.key, input.token);
    if (known !== undefined) return known;
    const mine = this.#perRequester.of(input.requester);
    if (mine >= PER_REQUESTER_MAX)
      throw new ZeroError('BUSY', `${mine} tasks of this requester are under way here`);
    const theirs = this.#perPeer.of(input.peer);
    if (theirs >= PER_PEER_MAX)
      throw new ZeroError('BUSY', `${theirs} tasks of this requester's node are under way here`);
    if (this.#under >= RUNS_MAX) throw new ZeroError('BUSY', `${this.#under} tasks are under way here`);
    this.#overtake(input.key);
    this.#count(input, 1);
    const abort = new AbortController();
    const answer = work(abort.signal);
    const run: Run = { ...input, abort, answer, standing: 'running', bytes: 0 };
    this.#runs.set(run.key, run);
    this.begun += 1;
    answer.then(
      (response) => this.#end(run, response),
      () => this.#end(run, undefined),
    );
    return run;
  }

  /** Ends everything that is under way. */
  withdrawAll(reason: Error): void {
    this.#cancel?.();
    for (const run of this.#runs.values()) if (run.standing !== 'ended') run.abort.abort(reason);
  }

  #forgetLater(): void {
    this.#cancel ??= this.#clock.after(FORGET_MS, () => {
      this.#cancel = undefined;
      const now = this.#clock.now();
      for (const run of this.#runs.values())
        if (run.standing === 'ended' && run.deadline + AFTER_DEADLINE_MS <= now) this.#drop(run);
      if (this.#kept > 0) this.#forgetLater();
    });
  }

  #drop(run: Run): void {
    this.#runs.delete(run.key);
    this.#kept -= 1;
    this.#endedBytes -= run.bytes;
  }

  #overtake(key: string): void {
    const old = this.#runs.get(key);
    if (old?.standing === 'ended') this.#drop(old);
    else if (old !== undefined) {
      old.abort.abort(new ZeroError('MANIFEST_REPLAYED', 'a later attempt has overtaken this one'));
      // It counts until its work has ended.
      this.#runs.delete(key);
    }
  }

  #count({ peer, requester }: Pick<Run, 'peer' | 'requester'>, by: number): void {
    this.#under += by;
    this.#perRequester.add(requester, by);
    this.#perPeer.add(peer, by);
  }

  #end(run: Run, response: TaskResponse | undefined): void {
    run.standing = 'ended';
    run.live.end(response);
    this.#count(run, -1);
    if (this.#runs.get(run.key) !== run) return;
    // A failure is not kept: the next attempt may fare better.
    if (response === undefined) {
      this.#runs.delete(run.key);
      return;
    }
    run.bytes = sizeOf(response);
    this.#kept += 1;
    this.#endedBytes += run.bytes;
    // To the end of the order: the oldest results give way first.
    this.#runs.delete(run.key);
    this.#runs.set(run.key, run);
    this.#evict();
    this.#forgetLater();
  }

  #evict(): void {
    for (const run of this.#runs.values()) {
      if (this.#kept <= ENDED_MAX && this.#endedBytes <= ENDED_BYTES_MAX) return;
      if (run.standing === 'ended') this.#drop(run);
    }
  }
}
