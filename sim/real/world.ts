// The clock that real code runs on: timers and deliveries on the event loop, and after each of them a wait until everything that it set
// in motion has come to rest. Microtasks stay native; the one real timer is the setImmediate that lets them run out.

import { EPOCH_MS } from '../clock.ts';
import { EventLoop } from '../event-loop.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { askedFrom, type Journal } from './journal.ts';
import type { NativeWork } from './native-work.ts';
import type { Timeline } from './timeline.ts';

const MICROSECONDS = 1_000;

/** What the world needs of the machine: taken before the globals are replaced. */
export interface Machine {
  readonly setImmediate: (run: () => void) => unknown;
  readonly work: NativeWork;
}

/** Virtual time for everything in this process. */
export class World implements Timeline {
  readonly loop: EventLoop = new EventLoop();
  /** What stands for the machine's entropy. */
  readonly entropy: RandomStream;
  readonly #machine: Machine;
  readonly #journal: Journal | undefined;
  readonly #runs = new Map<number, () => void>();
  readonly #kinds: { readonly timer: number; readonly message: number };
  #numbers = 0;
  #isMoved = false;

  constructor(seed: number, machine: Machine, journal?: Journal) {
    this.#machine = machine;
    this.#journal = journal;
    this.entropy = randomStream(seed, 'entropy');
    this.#kinds = { timer: this.loop.on((a) => this.#fire(a)), message: this.loop.on((a) => this.#fire(a)) };
  }

  /** Milliseconds since the Unix epoch. */
  get now(): number {
    return EPOCH_MS + this.loop.now / MICROSECONDS;
  }

  get nowUs(): number {
    return this.loop.now;
  }

  /** Virtual milliseconds since the start. */
  get elapsed(): number {
    return this.loop.now / MICROSECONDS;
  }

  /** Calls `run` after `ms`; answers a number for cancel(). */
  after(ms: number, run: () => void): number {
    return this.#schedule(ms * MICROSECONDS, this.#kinds.timer, run, 0);
  }

  /** Calls `run` after so many microseconds; `print` (32 bits) goes into the trace: what arrives must be the same in each run. */
  deliver(us: number, print: number, run: () => void): void {
    this.#schedule(us, this.#kinds.message, run, print);
  }

  pass(until: number): Promise<void> {
    return this.run(until);
  }

  cancel(timer: number): void {
    this.#runs.delete(timer);
  }

  /** Lets time pass until `until` (virtual microseconds) or until `isDone` says so; the machine's own time plays no part in it. */
  async run(until: number, isDone: () => boolean = () => false): Promise<void> {
    await this.settle();
    while (!isDone() && this.loop.step(until)) {
      if (!this.#isMoved) continue;
      this.#isMoved = false;
      await this.settle();
    }
    // Nothing is due any more by then: this only moves the clock on.
    if (!isDone() && Number.isFinite(until)) this.loop.run({ until });
  }

  /** Lets time pass until a promise is settled. Throws what it throws; a promise that nothing can settle any more never ends this. */
  async through<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    await this.run(Number.POSITIVE_INFINITY, () => isOver);
    return await promise;
  }

  /** Waits until no microtask is left and the disk has answered. */
  async settle(): Promise<void> {
    const { setImmediate: turn, work } = this.#machine;
    do {
      await new Promise<void>((resolve) => turn(resolve));
    } while (work.pending > 0);
  }

  #schedule(us: number, kind: number, run: () => void, print: number): number {
    const number = this.#numbers++ | 0;
    this.#runs.set(number, run);
    this.#journal?.add(`${this.loop.now} asks ${number} in ${us} print ${print} from ${askedFrom()}`);
    this.loop.schedule(us, kind, number, print);
    return number;
  }

  // A cancelled timer leaves its event in the queue, where it does nothing.
  #fire(number: number): void {
    const run = this.#runs.get(number);
    if (run === undefined) return;
    this.#runs.delete(number);
    this.#isMoved = true;
    this.#journal?.add(`${this.loop.now} event ${number}`);
    run();
  }
}
