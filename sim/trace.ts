// The fingerprint of a run: two runs that handled the same events in the same order have the same trace hash.

import { concatBytes, toHex } from '../protocol/bytes/index.ts';
import { sha256 } from '../protocol/crypto/index.ts';

const EVENT_BYTES = 8 + 4 + 4 + 4;
const EVENTS_PER_BLOCK = 3_276;

/** SHA-256 chained over blocks of events: time (float64), kind, a and b (int32), all big-endian. */
export class TraceHash {
  readonly #block = new Uint8Array(EVENT_BYTES * EVENTS_PER_BLOCK);
  readonly #view = new DataView(this.#block.buffer);
  #used = 0;
  #state: Uint8Array = new Uint8Array(32);

  /** Adds one event. */
  add(time: number, kind: number, a: number, b: number): void {
    const at = this.#used;
    this.#view.setFloat64(at, time);
    this.#view.setInt32(at + 8, kind);
    this.#view.setInt32(at + 12, a);
    this.#view.setInt32(at + 16, b);
    this.#used = at + EVENT_BYTES;
    if (this.#used === this.#block.length) {
      this.#state = this.#chained();
      this.#used = 0;
    }
  }

  /** Hexadecimal hash of everything added so far. */
  digest(): string {
    return toHex(this.#chained());
  }

  #chained(): Uint8Array {
    return sha256(concatBytes(this.#state, this.#block.subarray(0, this.#used)));
  }
}
