// Which waiting job starts next. Quick jobs go before slow ones, and one spare worker is kept from those that would hold it long, so that
// a few heavy tasks do not stop everyone. Must not: start anything, or measure time.

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

/** Milliseconds of work from which a job is slow and waits for the quick ones. */
export const SLOW_MS = 20;
/** Jobs that are expected to take longer never get the spare worker. */
const SPARE_MS = 250;
/** What is assumed of a job that is slow and still runs: so much that it weighs in any mean. */
const UNKNOWN_MS = SPARE_MS * 8;

export class Scheduler<T extends Schedulable> {
  readonly #workers: number;
  readonly #queue = new FairQueue<T>();
  readonly #speeds = new Speeds();
  /** Jobs that were in a crashed process: one at a time, so that the cause is found and the others are cleared. */
  #suspects: T[] = [];

  constructor(workers: number) {
    this.#workers = workers;
  }

  get waiting(): number {
    return this.#queue.size + this.#suspects.length;
  }

  add(task: T): void {
    this.#queue.push(task.lane, task);
  }

  /** Takes a waiting job out. */
  remove(task: T): void {
    this.#queue.remove(task.lane, task);
    this.#suspects = this.#suspects.filter((other) => other !== task);
  }

  /** Empties everything that waits. */
  drain(): T[] {
    const all = [...this.#suspects, ...this.#queue.drain()];
    this.#suspects = [];
    return all;
  }

  /** Takes back jobs whose process crashed. Those known to be quick are cleared first: they need not wait for one that takes all its time. */
  suspect(tasks: readonly T[]): void {
    const expected = (task: T): number => this.#speeds.meanOf(task.module) ?? Number.MAX_SAFE_INTEGER;
    this.#suspects = [...this.#suspects, ...tasks].sort((a, b) => expected(a) - expected(b));
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
  }

  /** True when one more job could start beside those that run. */
  hasRoom(running: ReadonlySet<T>): boolean {
    return running.size < this.#workers + (this.#slowAmong(running) > 0 ? 1 : 0);
  }

  /** Takes the next job to start, or undefined when none may. */
  next(running: ReadonlySet<T>): T | undefined {
    if (!this.hasRoom(running)) return undefined;
    const suspectRuns = [...running].some((task) => task.crashes > 0);
    if (!suspectRuns && this.#suspects.length > 0) return this.#suspects.shift();
    const quick = this.#queue.take((task) => !this.#isSlow(task));
    if (quick !== undefined) return quick;
    if (this.#slowAmong(running) < this.#workers) return this.#queue.take(() => true);
    return this.#queue.take((task) => !this.#speeds.isSlow(task.module, SPARE_MS));
  }

  #isSlow(task: T): boolean {
    return task.slow || this.#speeds.isSlow(task.module, SLOW_MS);
  }

  #slowAmong(running: ReadonlySet<T>): number {
    let count = 0;
    for (const task of running) if (this.#isSlow(task)) count++;
    return count;
  }
}
