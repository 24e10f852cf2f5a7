// Sealed changes of members that one guild went through here, for members who missed them. The newest few; what one answer holds at a time.

import { FRAMES_ANSWER_BYTES_MAX, FRAMES_KEPT } from './limits.ts';

/** They stay sealed: who asks opens them with its own keys. */
export class KeptFrames {
  readonly #kept: { readonly epoch: number; readonly sealed: Uint8Array }[] = [];

  /** Keeps one that ended this epoch. */
  add(epoch: number, sealed: Uint8Array): void {
    this.#kept.push({ epoch, sealed });
    if (this.#kept.length > FRAMES_KEPT) this.#kept.shift();
  }

  /** From an epoch on, as many as one answer holds: the others are asked for once these are read. */
  from(epoch: number): Uint8Array[] {
    let bytes = 0;
    const wanted = this.#kept.filter((one) => one.epoch >= epoch).map(({ sealed }) => sealed);
    const fitting = wanted.findIndex(({ length }) => {
      bytes += length;
      return bytes > FRAMES_ANSWER_BYTES_MAX;
    });
    return fitting === -1 ? wanted : wanted.slice(0, fitting);
  }

  clear(): void {
    this.#kept.length = 0;
  }
}
