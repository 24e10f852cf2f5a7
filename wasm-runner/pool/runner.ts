// Runs jobs on a pool of isolated workers: queue, dispatch, deadlines, crashes. Must not: interpret results.

import { availableParallelism } from 'node:os';
import { ZeroError } from '../../protocol/errors/index.ts';
import { checkJob, type Job, limitProblem, type RunResult } from '../job.ts';
import { CACHE_BYTES_DEFAULT, QUEUE_DEFAULT, START_GRACE_MS } from '../limits.ts';
import type { Answer, Channel } from './channel.ts';
import { IsolatedChild } from './child.ts';
import type { OnOutput, Runner, RunnerOptions, RunnerStats, RunOptions } from './interface.ts';
import { moduleId } from './module-id.ts';
import { plainResult, resultOf } from './results.ts';
import { type Schedulable, Scheduler } from './scheduler.ts';

interface Task extends Schedulable {
  readonly job: Job;
  readonly trace: boolean;
  readonly onOutput: OnOutput | null;
  readonly resolve: (result: RunResult) => void;
  stopListening: () => void;
  withModule: boolean;
  channel: Channel | null;
  startedMs: number;
  timers: NodeJS.Timeout[];
}

/** A job that was in this many crashed processes is taken for the cause. */
const CRASHES_MAX = 3;
/** Times in a row that the process may fail before it has answered anything. */
const START_FAILURES_MAX = 3;
/** Milliseconds after which a process that could not start is tried again. */
const RETRY_AFTER_MS = 10_000;

export class PooledRunner implements Runner {
  readonly #workers: number;
  readonly #queueMax: number;
  readonly #cacheBytesMax: number;
  readonly #scheduler: Scheduler<Task>;
  readonly #running = new Set<Task>();
  #child: IsolatedChild | null = null;
  #idle: Channel[] = [];
  #held = new Set<string>();
  #nextId = 0;
  #startFailures = 0;
  #closed = false;
  #scheduled = false;
  #finished = 0;
  #overloaded = 0;
  #replaced = 0;
  #crashes = 0;

  constructor(options: RunnerOptions) {
    this.#workers = Math.max(1, options.workers ?? availableParallelism());
    this.#scheduler = new Scheduler(this.#workers);
    this.#queueMax = Math.max(0, options.queueMax ?? QUEUE_DEFAULT);
    this.#cacheBytesMax = options.cacheBytesMax ?? CACHE_BYTES_DEFAULT;
  }

  run(job: Job, options: RunOptions = {}): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new ZeroError('RUNNER_CLOSED', 'the runner is closed'));
      if (this.#isBroken()) return reject(new ZeroError('RUNNER_UNAVAILABLE', this.#lastFailure));
      checkJob(job);
      const problem = limitProblem(job.limits);
      if (problem !== null) return resolve(plainResult('LIMIT_REFUSED', problem));
      if (options.signal?.aborted === true)
        return resolve(plainResult('CANCELLED', 'cancelled before it started'));
      const starting = Math.max(0, this.#workers - this.#running.size);
      if (this.#scheduler.waiting >= this.#queueMax + starting) {
        this.#overloaded++;
        return resolve(plainResult('OVERLOADED', `${this.#scheduler.waiting} tasks wait already`));
      }
      const trace = options.trace === true;
      // A traced module is another module to the cache.
      const module = moduleId(job.module) + (trace ? '+trace' : '');
      const task: Task = {
        job,
        lane: options.sender ?? '',
        module,
        trace,
        onOutput: options.onOutput ?? null,
        resolve,
        stopListening: () => {},
        crashes: 0,
        withModule: false,
        channel: null,
        startedMs: 0,
        timers: [],
        slow: false,
      };
      if (options.signal !== undefined) this.#listen(task, options.signal);
      this.#scheduler.add(task);
      this.#dispatchSoon();
    });
  }

  /** The process failed to start again and again, a moment ago. */
  #isBroken(): boolean {
    return this.#startFailures >= START_FAILURES_MAX && performance.now() - this.#failedMs < RETRY_AFTER_MS;
  }

  async warm(): Promise<void> {
    this.#start();
    const child = this.#child;
    child?.hold(true);
    await child?.ready;
    if (this.#running.size === 0) child?.hold(false);
  }

  stats(): RunnerStats {
    return {
      running: this.#running.size,
      waiting: this.#scheduler.waiting,
      finished: this.#finished,
      overloaded: this.#overloaded,
      replaced: this.#replaced,
      crashes: this.#crashes,
      workers: this.#workers,
      pid: this.#child?.pid ?? null,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    this.#child = null;
    for (const task of [...this.#running, ...this.#scheduler.drain()])
      this.#finish(task, plainResult('CANCELLED', 'the runner was closed'));
    await child?.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(task: Task, signal: AbortSignal): void {
    const abort = (): void => this.#cancel(task);
    signal.addEventListener('abort', abort, { once: true });
    task.stopListening = () => signal.removeEventListener('abort', abort);
  }

  #cancel(task: Task) {
    const result = plainResult('CANCELLED', 'cancelled by the caller');
    if (task.channel !== null) return this.#stop(task, result);
    this.#scheduler.remove(task);
    this.#finish(task, result);
  }

  #start(): void {
    if (this.#child !== null || this.#closed) return;
    // One channel more than workers: the spare takes over while a killed worker is replaced.
    const child = new IsolatedChild(this.#workers + 1, this.#cacheBytesMax, {
      onWorkerDied: (channel, reason) => this.#workerDied(child, channel, reason),
      onGone: (reason) => this.#childGone(child, reason),
    });
    this.#child = child;
    this.#held = new Set();
    this.#idle = [...child.channels];
    child.hold(this.#running.size > 0);
  }

  /** Jobs that arrive together are put in order before the first one starts. */
  #dispatchSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (!this.#closed && this.#scheduler.waiting > 0) {
      this.#start();
      if (this.#idle.length === 0) return;
      const task = this.#scheduler.next(this.#running);
      if (task === undefined) return;
      this.#send(task, this.#idle.shift()!);
    }
  }

  #send(task: Task, channel: Channel): void {
    if (this.#running.size === 0) this.#child!.hold(true);
    this.#running.add(task);
    task.channel = channel;
    task.startedMs = performance.now();
    const { job } = task;
    const paths = Object.keys(job.inputs);
    const hasModule = task.withModule || !this.#held.has(task.module);
    const blobs = [job.stdin, ...paths.map((path) => job.inputs[path]!)];
    if (hasModule) blobs.push(job.module);
    channel.onAnswer = (answer) => this.#answered(task, channel, answer);
    channel.onSaid = task.onOutput;
    task.timers = [setTimeout(() => this.#markSlow(task), this.#scheduler.patience(task))];
    if (channel.online) this.#limit(task, job.limits.wallMs);
    else {
      // The time of a job begins when there is a worker: a machine on which one is long in starting fails no job for that.
      this.#limit(task, START_GRACE_MS + job.limits.wallMs);
      channel.onOnline = () => {
        channel.onOnline = null;
        task.startedMs = performance.now();
        this.#limit(task, job.limits.wallMs);
      };
    }
    channel.send(
      {
        id: this.#nextId++,
        module: task.module,
        hasModule,
        trace: task.trace,
        follow: task.onOutput !== null,
        args: job.args,
        env: job.env,
        inputs: paths,
        fuel: job.limits.fuel.toString(),
        memoryBytes: job.limits.memoryBytes,
        stackBytes: job.limits.stackBytes,
        outputBytes: job.limits.outputBytes,
        mode: job.mode,
        seed: job.seed,
        originNs: job.clock.originNs.toString(),
        stepNs: job.clock.stepNs.toString(),
      },
      blobs,
    );
  }

  #limit(task: Task, ms: number): void {
    const late = plainResult('TIMEOUT', `still running after ${task.job.limits.wallMs} ms`);
    task.timers.push(setTimeout(() => this.#stop(task, late), ms));
  }

  #markSlow(task: Task): void {
    if (task.channel?.online !== true) {
      // A worker that is still starting says nothing about its job.
      task.timers.push(setTimeout(() => this.#markSlow(task), this.#scheduler.patience(task)));
      return;
    }
    this.#scheduler.noteSlow(task);
    this.#dispatch();
  }

  #answered(task: Task, channel: Channel, answer: Answer): void {
    this.#startFailures = 0;
    this.#release(task);
    this.#idle.push(channel);
    if (answer.header.needModule) {
      task.withModule = true;
      this.#send(task, this.#idle.pop()!);
      return;
    }
    this.#held.add(task.module);
    const wallMs = performance.now() - task.startedMs;
    this.#scheduler.noteWork(task, answer.header.runMs);
    this.#finish(task, resultOf(answer, task.job, wallMs));
    this.#dispatch();
  }

  /** Takes a running job off its channel. */
  #release(task: Task): void {
    for (const timer of task.timers) clearTimeout(timer);
    task.timers = [];
    if (task.channel !== null) {
      task.channel.onAnswer = null;
      task.channel.onSaid = null;
      task.channel.onOnline = null;
    }
    task.channel = null;
    this.#running.delete(task);
    if (this.#running.size === 0) this.#child?.hold(false);
  }

  #finish(task: Task, result: RunResult): void {
    this.#release(task);
    task.stopListening();
    this.#finished++;
    task.resolve(result);
  }

  /** Ends a running job from outside: its worker is replaced. */
  #stop(task: Task, result: RunResult): void {
    const channel = task.channel;
    const child = this.#child;
    if (channel === null || child === null) return;
    this.#finish(task, { ...result, wallMs: performance.now() - task.startedMs });
    this.#replaceWorker(child, channel);
    this.#dispatch();
  }

  #replaceWorker(child: IsolatedChild, channel: Channel): void {
    this.#replaced++;
    child.replace(channel, () => {
      if (child !== this.#child) return;
      this.#idle.push(channel);
      this.#dispatch();
    });
  }

  #workerDied(child: IsolatedChild, channel: Channel, reason: string): void {
    if (child !== this.#child) return;
    const task = [...this.#running].find((candidate) => candidate.channel === channel);
    this.#idle = this.#idle.filter((other) => other !== channel);
    if (task !== undefined) this.#finish(task, plainResult('WORKER_CRASH', reason));
    this.#replaceWorker(child, channel);
    this.#dispatch();
  }

  #lastFailure = '';
  #failedMs = 0;

  #childGone(child: IsolatedChild, reason: string): void {
    if (child !== this.#child) return;
    this.#child = null;
    this.#idle = [];
    this.#crashes++;
    this.#startFailures++;
    this.#lastFailure = reason;
    this.#failedMs = performance.now();
    const suspects: Task[] = [];
    for (const task of [...this.#running]) {
      this.#release(task);
      task.crashes++;
      task.withModule = false;
      if (task.crashes >= CRASHES_MAX) this.#finish(task, plainResult('WORKER_CRASH', reason));
      else suspects.push(task);
    }
    this.#scheduler.suspect(suspects);
    if (this.#isBroken())
      for (const task of this.#scheduler.drain()) this.#finish(task, plainResult('WORKER_CRASH', reason));
    this.#dispatch();
  }
}
