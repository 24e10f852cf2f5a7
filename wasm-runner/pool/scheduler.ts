// Which waiting job starts next: the one expected to take least, senders in turn, and now and then the one that has waited for all of
// these. One spare worker is kept from jobs that would hold it long. Must not: start anything, or measure time.

import { FairQueue } from './queue.ts';
import { Speeds } from './speeds.ts';

export interface Schedulable {
  /** Who sent it. */
  readonly lane: string;
  /** What it runs: jobs of one module are expected to take alike. */
  readonly module: string;
  /** Found out to take long while it runs. */
  slow: boolean;
  /** Isolated processes that ended while it ran in them. */
  crashes: number;
}

/** Milliseconds of work from which a running job is slow: the spare worker may then be used. */
const SLOW_MS = 20;
/** Jobs that are expected to take longer never get the spare worker. */
const SPARE_MS = 250;
/** What is assumed of a job that is slow and still runs: so much that it weighs in any mean. */
const UNKNOWN_MS = SPARE_MS * 8;

/** Jobs are ordered by classes of expected work: up to 1 ms, 4 ms, 16 ms, … each four times the one before. */
const CLASSES = 10;
const CLASS_FACTOR = 4;
/** Class of a module that never ran: behind those known to be quick, before all that are known to take long. */
const UNKNOWN_CLASS = 1;
/** Milliseconds of lighter work after which the heaviest job that waits is served at the latest. */
const PASSED_MS_MAX = 10_000;

export class Scheduler<T extends Schedulable> {
  readonly #workers: number;
  /** By class. A job may stand in a lower one than it belongs to by now: it moves when it is met. */
  readonly #queues = Array.from({ length: CLASSES }, () => new FairQueue<T>());
  readonly #speeds = new Speeds();
  /** Jobs that were in a crashed process: one at a time, so that the cause is found and the others are cleared. */
  #suspects: T[] = [];
  /** Work done while jobs wait, since the heaviest was last served: once it equals that one's, it is its turn. */
  #passedMs = 0;

  constructor(workers: number) {
    this.#workers = workers;
  }

  get waiting(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, this.#suspects.length);
  }

  add(task: T): void {
    this.#queues[this.#classOf(task)]!.push(task.lane, task);
  }

  /** Takes a waiting job out. */
  remove(task: T): void {
    for (const queue of this.#queues) if (queue.remove(task.lane, task)) return;
    this.#suspects = this.#suspects.filter((other) => other !== task);
  }

  /** Empties everything that waits. */
  drain(): T[] {
    const all = [...this.#suspects, ...this.#queues.flatMap((queue) => queue.drain())];
    this.#suspects = [];
    return all;
  }

  /** Takes back jobs whose process crashed. Those known to be quick are cleared first: they need not wait for one that takes all its time. */
  suspect(tasks: readonly T[]): void {
    const expected = (task: T): number => this.#speeds.meanOf(task.module) ?? Number.MAX_SAFE_INTEGER;
    this.#suspects = [...this.#suspects, ...tasks].sort((a, b) => expected(a) - expected(b));
  }

  /** Milliseconds after which a running job is slow. One that is known to be quick may only be waiting for a busy machine. */
  patience(task: T): number {
    return (this.#speeds.meanOf(task.module) ?? SLOW_MS) < SLOW_MS ? SPARE_MS : SLOW_MS;
  }

  /** A running job turns out to take long; how long is not known yet, so the worst is assumed of its module until it ends. */
  noteSlow(task: T): void {
    task.slow = true;
    this.#speeds.note(task.module, UNKNOWN_MS);
  }

  /** A job took this much work. */
  noteWork(task: T, ms: number): void {
    // What was assumed of it while it ran.
    if (task.slow) this.#speeds.forget(task.module);
    this.#speeds.note(task.module, ms);
    this.#passedMs = this.waiting === 0 ? 0 : this.#passedMs + ms;
  }

  /** Takes the next job to start beside those that run, or undefined when none may. */
  next(running: ReadonlySet<T>): T | undefined {
    let slow = 0;
    let suspectRuns = false;
    for (const task of running) {
      if (task.slow || this.#speeds.isSlow(task.module, SLOW_MS)) slow++;
      if (task.crashes > 0) suspectRuns = true;
    }
    if (running.size >= this.#workers + (slow > 0 ? 1 : 0)) return undefined;
    if (!suspectRuns && this.#suspects.length > 0) return this.#suspects.shift();
    return this.#take(slow >= this.#workers ? SPARE_MS : Number.POSITIVE_INFINITY);
  }

  /** The next job by class, of those expected to take at most this long. */
  #take(msMax: number): T | undefined {
    const fits = (task: T): boolean => !this.#speeds.isSlow(task.module, msMax);
    const heavyFirst = this.#heaviestIsDue();
    for (let step = 0; step < CLASSES; step++) {
      const at = heavyFirst ? CLASSES - 1 - step : step;
      const queue = this.#queues[at]!;
      for (let task = queue.take(fits); task !== undefined; task = queue.take(fits)) {
        if (heavyFirst) this.#passedMs = 0;
        if (heavyFirst || this.#classOf(task) <= at) return task;
        this.add(task);
      }
    }
    return undefined;
  }

  #heaviestIsDue(): boolean {
    const heaviest = this.#queues.findLastIndex((queue) => queue.size > 0);
    return heaviest > UNKNOWN_CLASS && this.#passedMs >= Math.min(CLASS_FACTOR ** heaviest, PASSED_MS_MAX);
  }

  #classOf(task: T): number {
    const mean = this.#speeds.meanOf(task.module);
    if (mean === undefined) return UNKNOWN_CLASS;
    const above = Math.ceil(Math.log(Math.max(1, mean)) / Math.log(CLASS_FACTOR));
    return Math.min(CLASSES - 1, above);
  }
}
