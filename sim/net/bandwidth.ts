// The queue in front of a sender's line: bytes leave at its rate, and what does not fit is lost.

import type { Scenario } from '../scenario/index.ts';

const SECOND = 1_000_000;

/** Uplinks of all nodes. Times are microseconds. */
export class Uplinks {
  readonly #rate: number;
  readonly #queueBytes: number;
  readonly #freeAt: Float64Array;

  constructor(bandwidth: Scenario['network']['bandwidth'], nodes: number) {
    this.#rate = bandwidth.upBytesPerSecond / SECOND;
    this.#queueBytes = bandwidth.queueBytes;
    this.#freeAt = new Float64Array(this.#rate > 0 ? nodes : 0);
  }

  /** Microseconds until the last byte has left, or -1 when the queue is full. */
  delay(node: number, bytes: number, now: number): number {
    if (this.#rate === 0) return 0;
    const start = Math.max(now, this.#freeAt[node]!);
    if ((start - now) * this.#rate + bytes > this.#queueBytes) return -1;
    const end = start + bytes / this.#rate;
    this.#freeAt[node] = end;
    return end - now;
  }
}
