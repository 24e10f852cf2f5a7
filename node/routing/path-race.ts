// Sets up a path for a new link. One that is late or silent gets another beside it, over another first relay, and whichever is sealed first is used.
// Who was slower is still waited for: it is judged by whether it comes at all, and then dropped. Must not: choose relays, or judge them itself.

import type { RoutingPace } from '../../protocol/routing/index.ts';
import type { Around, PathWatch, SealedPath } from './sealed-paths.ts';

/** Paths that are tried for one link, those beside each other included. */
export const PATHS_TRIED_MAX = 3;

/** A timer that is later than this was held up with its process. */
const HELD_UP_MS = 20;
/** Times that a process which is held up again and again waits once more before it begins another path. */
const WAITS_MAX = 3;

const NOWHERE: Around = { first: [], anywhere: [] };
const UNWATCHED: PathWatch = { mayTry: () => true, opened: () => {} };

/** One attempt: gives up soon where `impatient`. */
export type PathAttempt = (around: Around, impatient: boolean, watch: PathWatch) => Promise<SealedPath>;

export interface RaceOptions {
  readonly attempt: PathAttempt;
  /** The relays of a path that was opened and then carried nothing; undefined for every other failure. */
  readonly silentPath: (error: unknown) => readonly string[] | undefined;
  /** When a second path is begun beside one that is late; undefined: never. */
  readonly pace: RoutingPace | undefined;
  readonly signal: AbortSignal;
}

/** The race of one link. */
export class PathRace {
  readonly #options: RaceOptions;
  readonly #result = Promise.withResolvers<SealedPath>();
  /** Paths that carried nothing, and those that are under way, as far as they are known: the first relay of each at the front. */
  readonly #broken: (readonly string[])[] = [];
  readonly #running = new Set<{ path: readonly string[] }>();
  #launched = 0;
  /** Of the attempts that were refused, the earliest: one beside it, which may use less, knows less. */
  #refusal: { readonly at: number; readonly error: Error } | undefined;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RaceOptions) {
    this.#options = options;
  }

  /** The first path that is sealed. Throws what the last attempt throws; nothing of it is left running but what is waited for to be judged. */
  async run(): Promise<SealedPath> {
    this.#launch();
    try {
      return await this.#result.promise;
    } finally {
      this.#isOver = true;
      clearTimeout(this.#timer);
    }
  }

  #launch(): void {
    const { pace } = this.#options;
    const around = this.#around();
    const running: { path: readonly string[] } = { path: [] };
    this.#running.add(running);
    this.#launched += 1;
    const at = this.#launched;
    const began = performance.now();
    const watch: PathWatch = {
      mayTry: (relay) => {
        running.path = [relay];
        return !this.#isOver;
      },
      opened: (path) => {
        running.path = path;
      },
    };
    this.#options
      .attempt(around, at < PATHS_TRIED_MAX, watch)
      .finally(() => this.#running.delete(running))
      .then(
        (path) => {
          pace?.took(performance.now() - began);
          this.#take(path);
        },
        (error: Error) => this.#fail(error, at),
      );
    clearTimeout(this.#timer);
    if (pace !== undefined && this.#launched < PATHS_TRIED_MAX)
      this.#launchIfLate(pace, pace.lateMs, WAITS_MAX);
  }

  /** Begins another path after so long. Where this process was held up meanwhile, the answer of the first may lie here: it waits again, `waits` times. */
  #launchIfLate(pace: RoutingPace, waitMs: number, waits: number): void {
    const began = performance.now();
    this.#timer = setTimeout(() => {
      if (this.#isOver) return;
      const heldUpMs = performance.now() - began - waitMs;
      if (waits > 0 && heldUpMs > HELD_UP_MS) this.#launchIfLate(pace, Math.min(waitMs, heldUpMs), waits - 1);
      else if (pace.spend()) this.#launch();
    }, waitMs).unref();
  }

  /** The second attempt goes round everybody on a path that is late or silent: any of them may be at fault. The last one only begins elsewhere. */
  #around(): Around {
    const paths = [...this.#broken, ...[...this.#running].map(({ path }) => path)];
    const first = paths.flatMap((path) => path.slice(0, 1));
    return { first, anywhere: this.#launched === 1 ? [...new Set(paths.flat())] : [] };
  }

  #take(path: SealedPath): void {
    if (this.#isOver) path.path.abort(new Error('another path was there first'));
    this.#isOver = true;
    this.#result.resolve(path);
  }

  #fail(error: Error, at: number): void {
    if (this.#isOver) return;
    const { attempt, signal, silentPath } = this.#options;
    if (signal.aborted) {
      this.#result.reject(error);
      return;
    }
    const silent = silentPath(error);
    if (silent !== undefined) this.#broken.push(silent);
    else if (at < (this.#refusal?.at ?? Number.POSITIVE_INFINITY)) this.#refusal = { at, error };
    const isMore = this.#launched < PATHS_TRIED_MAX;
    if (silent !== undefined && isMore) this.#launch();
    else if (this.#running.size > 0) return;
    else if (silent !== undefined) this.#result.reject(error);
    else if (this.#broken.length === 0) this.#result.reject(this.#refusal?.error ?? error);
    else if (isMore) this.#launch();
    // Nobody else has a way: what was slow may only have been slow.
    else attempt(NOWHERE, false, UNWATCHED).then(this.#result.resolve, this.#result.reject);
  }
}
