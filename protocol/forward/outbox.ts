// What one end of a link has sent and the other has not yet acknowledged: kept until it is, at most a window of it, and sent again over
// a new path. Counts bytes from the first of the link.

import { ZeroError } from '../errors/index.ts';
import { LINK_WINDOW_BYTES } from './limits.ts';

/** The bytes under way. */
export class Outbox {
  readonly #pieces: Uint8Array[] = [];
  #acked = 0;
  #sent = 0;

  /** Bytes handed in so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes under way. */
  get pending(): number {
    return this.#sent - this.#acked;
  }

  /** Bytes that may be handed in now. */
  get room(): number {
    return LINK_WINDOW_BYTES - this.pending;
  }

  /** Takes bytes that are being sent; the caller leaves them alone from now on. At most `room`. */
  add(bytes: Uint8Array): void {
    if (bytes.length > this.room) throw new RangeError('more than the window takes');
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#sent += bytes.length;
  }

  /** The other end has `received` bytes; answers whether that is news. Throws DECODE_FAILED on what was never sent, or taken back. */
  ack(received: number): boolean {
    if (received > this.#sent) throw new ZeroError('DECODE_FAILED', 'more is acknowledged than was sent');
    let left = received - this.#acked;
    if (left < 0) return false;
    const isNews = left > 0;
    this.#acked = received;
    while (left > 0) {
      const piece = this.#pieces[0]!;
      if (piece.length <= left) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(left);
      left -= Math.min(left, piece.length);
    }
    return isNews;
  }

  /** Everything under way, in order: what a new path must carry again after `ack`. */
  unacked(): readonly Uint8Array[] {
    return [...this.#pieces];
  }
}
