// Sets up a path for a new link. One that is late or silent gets another beside it, over another first relay, and whichever is sealed first is used.
// Who was slower is still waited for: it is judged by whether it comes at all, and then dropped. Must not: choose relays, or judge them itself.

import type { SealedPath } from './sealed-paths.ts';
import type { SetUpPace } from './set-up-pace.ts';

/** Paths that are tried for one link, those beside each other included. */
export const PATHS_TRIED_MAX = 3;

/** One attempt: avoids these first relays, gives up soon where `impatient`, and asks before each relay that it tries. */
export type PathAttempt = (
  broken: readonly string[],
  impatient: boolean,
  mayTry: (relay: string) => boolean,
) => Promise<SealedPath>;

export interface RaceOptions {
  readonly attempt: PathAttempt;
  /** The first relay of a path that was opened and then carried nothing; undefined for every other failure. */
  readonly silentRelay: (error: unknown) => string | undefined;
  readonly pace: Pick<SetUpPace, 'lateMs' | 'spend' | 'took'>;
  readonly signal: AbortSignal;
}

/** The race of one link. */
export class PathRace {
  readonly #options: RaceOptions;
  readonly #result = Promise.withResolvers<SealedPath>();
  /** Relays that carried nothing, and those that are being tried. */
  readonly #broken: string[] = [];
  readonly #running = new Set<{ relay: string | undefined }>();
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
    const running = { relay: undefined as string | undefined };
    const others = [...this.#running].flatMap(({ relay }) => relay ?? []);
    this.#running.add(running);
    this.#launched += 1;
    const at = this.#launched;
    const began = performance.now();
    const mayTry = (relay: string): boolean => {
      running.relay = relay;
      return !this.#isOver;
    };
    this.#options
      .attempt([...this.#broken, ...others], this.#launched < PATHS_TRIED_MAX, mayTry)
      .finally(() => this.#running.delete(running))
      .then(
        (path) => {
          pace.took(performance.now() - began);
          this.#take(path);
        },
        (error: Error) => this.#fail(error, at),
      );
    clearTimeout(this.#timer);
    if (this.#launched < PATHS_TRIED_MAX)
      this.#timer = setTimeout(() => {
        if (!this.#isOver && pace.spend()) this.#launch();
      }, pace.lateMs).unref();
  }

  #take(path: SealedPath): void {
    if (this.#isOver) path.path.abort(new Error('another path was there first'));
    this.#isOver = true;
    this.#result.resolve(path);
  }

  #fail(error: Error, at: number): void {
    if (this.#isOver) return;
    const { attempt, signal, silentRelay } = this.#options;
    if (signal.aborted) {
      this.#result.reject(error);
      return;
    }
    const silent = silentRelay(error);
    if (silent !== undefined) this.#broken.push(silent);
    else if (at < (this.#refusal?.at ?? Number.POSITIVE_INFINITY)) this.#refusal = { at, error };
    if (silent !== undefined && this.#launched < PATHS_TRIED_MAX) this.#launch();
    else if (this.#running.size > 0) return;
    else if (silent !== undefined || this.#broken.length === 0)
      this.#result.reject(silent === undefined ? (this.#refusal?.error ?? error) : error);
    // Nobody else has a way: what was slow may only have been slow.
    else attempt([], false, () => true).then(this.#result.resolve, this.#result.reject);
  }
}
