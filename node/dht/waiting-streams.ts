// Streams that have been answered and wait for the next request. Opening one costs a round trip before the request may leave; who has just asked a
// peer often asks it again. Only for protocols whose requests may be repeated: a stream may turn out to be dead when it is used.

import type { Stream } from '@libp2p/interface';

/** Waiting streams for one peer and protocol: a few requests at once. */
const EACH_MAX = 4;
/** Waiting streams in all. */
const ALL_MAX = 256;

interface Waiting {
  readonly stream: Stream;
  readonly timer: NodeJS.Timeout;
}

/** The streams that wait. */
export class WaitingStreams {
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #waitMs: number;
  #size = 0;
  #stopped = false;

  /** `waitMs`: how long a stream waits for its request. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** A stream that waits and is still up. */
  take(key: string): Stream | undefined {
    for (;;) {
      const waiting = this.#waiting.get(key)?.shift();
      if (waiting === undefined) return undefined;
      clearTimeout(waiting.timer);
      this.#size -= 1;
      if (waiting.stream.status === 'open') return waiting.stream;
      waiting.stream.abort(new Error('not used in time'));
    }
  }

  /** Takes a stream that waits from here on; one too many is ended. */
  keep(key: string, stream: Stream): void {
    const list = this.#waiting.get(key) ?? [];
    if (this.#stopped || list.length >= EACH_MAX || this.#size >= ALL_MAX) {
      stream.abort(new Error(this.#stopped ? 'stopped' : 'enough streams wait'));
      return;
    }
    const timer = setTimeout(() => {
      const at = list.findIndex((waiting) => waiting.stream === stream);
      if (at < 0) return;
      list.splice(at, 1);
      if (list.length === 0) this.#waiting.delete(key);
      this.#size -= 1;
      stream.abort(new Error('not used in time'));
    }, this.#waitMs);
    timer.unref();
    list.push({ stream, timer });
    this.#waiting.set(key, list);
    this.#size += 1;
  }

  /** Ends every stream. */
  stop(): void {
    this.#stopped = true;
    for (const list of this.#waiting.values())
      for (const { stream, timer } of list) {
        clearTimeout(timer);
        stream.abort(new Error('stopped'));
      }
    this.#waiting.clear();
    this.#size = 0;
  }
}
