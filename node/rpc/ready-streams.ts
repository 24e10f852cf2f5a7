// Streams that are negotiated ahead of the next request. Opening one costs a round trip before the request may leave; who has just asked a
// peer often asks it again. Only for protocols whose requests may be repeated: a stream may turn out to be dead when it is used.

import type { Stream } from '@libp2p/interface';

/** How long a stream waits for its request: less than the other side waits for it (REQUEST_MS_MAX). */
const READY_MS = 15_000;
/** Ready streams for one peer and protocol: a few requests at once. */
const EACH_MAX = 4;
/** Ready streams in all. */
const ALL_MAX = 256;

interface Ready {
  readonly stream: Stream;
  readonly timer: NodeJS.Timeout;
}

/** The streams that wait. */
export class ReadyStreams {
  readonly #waiting = new Map<string, Ready[]>();
  readonly #opening = new Map<string, number>();
  readonly #readyMs: number;
  #size = 0;
  #stopped = false;

  /** `readyMs`: how long a stream waits for its request. */
  constructor(readyMs = READY_MS) {
    this.#readyMs = readyMs;
  }

  /** A stream that was opened ahead and is still up. */
  take(key: string): Stream | undefined {
    for (;;) {
      const ready = this.#waiting.get(key)?.shift();
      if (ready === undefined) return undefined;
      clearTimeout(ready.timer);
      this.#size -= 1;
      if (ready.stream.status === 'open') return ready.stream;
      ready.stream.abort(new Error('not used in time'));
    }
  }

  /** Opens one ahead, unless enough wait already. Never throws. */
  async prepare(key: string, open: () => Promise<Stream>): Promise<void> {
    const opening = this.#opening.get(key) ?? 0;
    const waiting = this.#waiting.get(key)?.length ?? 0;
    if (this.#stopped || opening + waiting >= EACH_MAX || this.#size >= ALL_MAX) return;
    this.#opening.set(key, opening + 1);
    try {
      this.keep(key, await open());
    } catch {
      // The next request opens its own, and says what is wrong.
    } finally {
      const left = (this.#opening.get(key) ?? 1) - 1;
      if (left === 0) this.#opening.delete(key);
      else this.#opening.set(key, left);
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
      const at = list.findIndex((ready) => ready.stream === stream);
      if (at < 0) return;
      list.splice(at, 1);
      if (list.length === 0) this.#waiting.delete(key);
      this.#size -= 1;
      stream.abort(new Error('not used in time'));
    }, this.#readyMs);
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
