// Gathers frames that follow each other closely into one message: encryption and framing cost per message, not per row. The first goes at once,
// so that nobody waits for the first row; none waits long.

import type { Clock } from '../clock/index.ts';
import { BATCH_BYTES, BATCH_MS } from './limits.ts';
import { encodeBatch } from './wire.ts';

/** Sends frames, several at once. */
export class Batcher {
  readonly #send: (message: Uint8Array) => Promise<void>;
  readonly #clock: Clock;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #cancel: (() => void) | undefined;
  #failure: unknown;

  constructor(clock: Clock, send: (message: Uint8Array) => Promise<void>) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Takes a frame; with `now` it goes at once, and all before it. Throws what sending one before it threw. */
  async push(frame: Uint8Array, now: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (now || this.#bytes >= BATCH_BYTES) await this.flush();
    else
      this.#cancel ??= this.#clock.after(BATCH_MS, () => {
        this.flush().catch((error: unknown) => {
          this.#failure = error;
        });
      });
  }

  /** Sends what has been gathered. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#frames.length === 0) return;
    const message = encodeBatch(this.#frames);
    this.#frames = [];
    this.#bytes = 0;
    await this.#send(message);
  }
}
