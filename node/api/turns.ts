// Turns of the one thread for requests of the API: what is there at once is begun a slice at a time, with rounds of the event loop between in which
// everything else is served. Without that, the requests that came together are all worked off before anybody hears that the process lives.

import { performance } from 'node:perf_hooks';

/** In which order those that wait are begun: what stops things first, what copies last. */
const LANES = ['urgent', 'timed', 'bulk'] as const;
export type Lane = (typeof LANES)[number];

/** Milliseconds in which requests are begun one after the other: too little for anybody to notice, and hundreds of small requests. */
const SLICE_MS = 20;
/** Rounds of the event loop left to everything else after a slice: a connection is taken in the first, and its question read and answered in the second. */
const REST_ROUNDS = 3;
/** Rounds left while connections come: one is taken in a round, and whoever asks whether this process lives waits behind all that came before. */
const REST_ROUNDS_MAX = 128;
/** Requests that wait for a turn; only what stops things is taken beyond, up to twice as many. As many as may be under way (`UNDER_WAY_MAX`). */
export const TURNS_WAITING_MAX = 2_048;

/** Gives turns. */
export class Turns {
  readonly #waiting: Record<Lane, (() => void)[]> = { urgent: [], timed: [], bulk: [] };
  readonly #now: () => number;
  /** When the first request of this round was begun. */
  #begunAt: number | undefined;
  #isResting = false;
  /** Whether a connection came since this was looked at. */
  #hasCome = false;

  /** `now` tells milliseconds; a test has its own. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many wait. */
  get waiting(): number {
    return LANES.reduce((sum, lane) => sum + this.#waiting[lane].length, 0);
  }

  /** Is to be told of each connection that comes. */
  connected(): void {
    this.#hasCome = true;
  }

  /** Runs it now where this slice has room, else when its turn comes. Answers false where too many wait: then it is never run. */
  take(lane: Lane, run: () => void): boolean {
    if (!this.#isResting && this.waiting === 0 && !this.#isUsedUp()) {
      this.#begin();
      run();
      return true;
    }
    if (this.waiting >= TURNS_WAITING_MAX * (lane === 'urgent' ? 2 : 1)) return false;
    this.#waiting[lane].push(run);
    this.#begin();
    return true;
  }

  #isUsedUp(): boolean {
    return this.#begunAt !== undefined && this.#now() - this.#begunAt >= SLICE_MS;
  }

  /** The slice begins with the first of a round, and ends with that round. */
  #begin(): void {
    if (this.#begunAt !== undefined || this.#isResting) return;
    this.#begunAt = this.#now();
    setImmediate(() => this.#end());
  }

  #end(): void {
    const isUsedUp = this.#isUsedUp();
    this.#begunAt = undefined;
    this.#isResting = true;
    this.#rest(isUsedUp ? REST_ROUNDS : 0, isUsedUp ? REST_ROUNDS_MAX : 0);
  }

  /** Rests for so many rounds, and again as many after each in which a connection came, up to `most`. */
  #rest(rounds: number, most: number): void {
    if (rounds > 0 && most > 0) {
      this.#hasCome = false;
      setImmediate(() => this.#rest(this.#hasCome ? REST_ROUNDS : rounds - 1, most - 1));
      return;
    }
    this.#isResting = false;
    if (this.waiting === 0) return;
    this.#begin();
    this.#next();
  }

  #next(): void {
    const lane = LANES.find((one) => this.#waiting[one].length > 0);
    if (lane === undefined) return;
    this.#waiting[lane].shift()?.();
    // What a request does before it waits for anything is done in microtasks: the next looks at the clock after them.
    queueMicrotask(() =>
      process.nextTick(() => this.#isUsedUp() || this.#begunAt === undefined || this.#next()),
    );
  }
}
