// Bytes of large answers that wait for peers to read them: of one peer, and of all together. An answer is no work any more once it is made, so nothing else
// counts it, and whoever asks for the largest and reads none has as many held for it as it may open streams.

import { Tally } from '../../protocol/bounded/index.ts';

/** Answers up to so many bytes are not counted: what stops things and what tells of revocations is smaller, and streams are few. */
export const SMALL_ANSWER_BYTES_MAX = 65_536;
/** Bytes in all: dozens of peers that join at once and read as fast as they can have some of the largest (16 MiB) under way. */
export const ANSWERS_BYTES_MAX = 512 * 1024 * 1024;
/** Of these, of one peer: several of the largest under way. */
export const ANSWERS_BYTES_PER_PEER_MAX = 64 * 1024 * 1024;

/** Counts them. */
export class AnswersWaiting {
  readonly #byPeer = new Tally();

  /** Bytes that are counted now. */
  get bytes(): number {
    return this.#byPeer.total;
  }

  /** Counts an answer to a peer; answers what to call when it is written or given up, or undefined: it is too much. */
  enter(peer: string, bytes: number): (() => void) | undefined {
    if (bytes <= SMALL_ANSWER_BYTES_MAX) return () => {};
    if (this.#byPeer.of(peer) + bytes > ANSWERS_BYTES_PER_PEER_MAX || this.bytes + bytes > ANSWERS_BYTES_MAX)
      return undefined;
    this.#byPeer.add(peer, bytes);
    let isOver = false;
    return () => {
      if (!isOver) this.#byPeer.add(peer, -bytes);
      isOver = true;
    };
  }
}
