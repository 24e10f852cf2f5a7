// One fetch that several callers wait for: each with its own patience and its own bound. It goes on while anybody waits, and no longer.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { FetchProgress } from './fetch.ts';

/** What one caller asks. */
export interface Waiting {
  readonly bytesMax: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: FetchProgress) => void) | undefined;
}

interface Caller {
  readonly waiting: Waiting;
  readonly leave: (error: unknown) => void;
}

/** The refusal of an artifact that is larger than a caller takes. */
export function tooLarge(bytesMax: number): ZeroError {
  return new ZeroError('ARTIFACT_REFUSED', `the artifact has more than ${bytesMax} bytes`);
}

/** A fetch under way, and who waits for it. */
export class SharedFetch<T> {
  /** The bound under which it runs: that of its first caller. */
  readonly bytesMax: number;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #callers = new Set<Caller>();
  readonly #work: Promise<T>;

  constructor(
    bytesMax: number,
    run: (signal: AbortSignal, onProgress: (progress: FetchProgress) => void) => Promise<T>,
  ) {
    this.bytesMax = bytesMax;
    this.#work = run(this.#stopping.signal, (progress) => this.#progress(progress));
    this.ended = this.#work.then(
      () => undefined,
      () => undefined,
    );
  }

  /** True once everybody has left: it is ending, and not to be joined. */
  get isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Waits for the end, or until this caller has had enough. */
  join(waiting: Waiting): Promise<T> {
    return new Promise((resolve, reject) => {
      const { signal } = waiting;
      const done = () => {
        this.#callers.delete(caller);
        signal?.removeEventListener('abort', onAbort);
      };
      const leave = (error: unknown) => {
        done();
        reject(error);
        if (this.#callers.size === 0) this.#stopping.abort();
      };
      const onAbort = () => leave(new ZeroError('ARTIFACT_INCOMPLETE', 'the fetch was given up'));
      const caller: Caller = { waiting, leave };
      this.#callers.add(caller);
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#work.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }

  #progress(progress: FetchProgress): void {
    for (const { leave, waiting } of [...this.#callers])
      if (progress.bytes > waiting.bytesMax) leave(tooLarge(waiting.bytesMax));
      else waiting.onProgress?.(progress);
  }
}
