// What a soak waits for: every wait has a name and an end, and at least every ten seconds a line says what is waited for. A run that says
// nothing has stopped, and no run stops without saying for what it had waited.

import { setTimeout as delay } from 'node:timers/promises';

/** Longest silence (ms). */
const SILENCE_MS_MAX = 10_000;
/** Waits that one line names; what is under way beside them is counted. */
const NAMED_MAX = 4;

interface Wait {
  /** In words; asked each time, where it says how far it is. */
  readonly what: string | (() => string);
  readonly startedMs: number;
  readonly msMax: number;
}

const wordsOf = (what: Wait['what']): string => (typeof what === 'string' ? what : what());

/** Thrown when a wait did not end in its time. */
export class WaitedTooLong extends Error {}

/** Says what happens and what is waited for. Ends with `using`. */
export class Waits implements Disposable {
  readonly #say: (text: string) => void;
  readonly #waits = new Set<Wait>();
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;
  #saidMs: number;

  /** `silenceMs` is the longest silence, for tests. */
  constructor(
    say: (text: string) => void,
    { now = () => performance.now(), silenceMs = SILENCE_MS_MAX } = {},
  ) {
    this.#say = say;
    this.#now = now;
    this.#saidMs = now();
    // Looked at twice as often, so that a line comes in time whenever the last one was.
    this.#timer = setInterval(() => {
      if (this.#now() - this.#saidMs >= silenceMs / 2) this.note(this.text());
    }, silenceMs / 2);
    this.#timer.unref();
  }

  /** Says something. */
  note = (text: string): void => {
    this.#saidMs = this.#now();
    this.#say(text);
  };

  /** What is waited for now, those first that wait longest. */
  text(): string {
    const now = this.#now();
    const seconds = (ms: number) => Math.round(ms / 1_000);
    const named = [...this.#waits]
      .slice(0, NAMED_MAX)
      .map(
        ({ msMax, startedMs, what }) =>
          `${wordsOf(what)} (${seconds(now - startedMs)} s of at most ${seconds(msMax)} s)`,
      );
    const more = this.#waits.size - named.length;
    if (named.length === 0) return 'waiting for nothing';
    return `waiting for ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  }

  /** Waits for work, at most so many milliseconds; throws WaitedTooLong after that. The work itself is not ended by it. */
  async for<T>(what: Wait['what'], msMax: number, work: Promise<T>): Promise<T> {
    const wait = { what, startedMs: this.#now(), msMax };
    this.#waits.add(wait);
    const ending = new AbortController();
    try {
      return await Promise.race([
        work,
        delay(msMax, undefined, { signal: ending.signal }).then(() => {
          throw new WaitedTooLong(`${wordsOf(what)}: not over after ${Math.round(msMax / 1_000)} s`);
        }),
      ]);
    } finally {
      this.#waits.delete(wait);
      ending.abort();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
