// Gossiped heads that are being followed, with what came along with them: of one peer only so many bytes. The peer that passed a head on is asked for what
// is missing, and may take as long as it likes to answer, while it goes on to gossip.

import { Tally } from '../../protocol/bounded/index.ts';

/** Bytes of one peer: a burst of a thousand small statements. What is gossiped beyond is brought by the rounds of anti-entropy. */
export const HEADS_BYTES_PER_PEER_MAX = 4 * 1024 * 1024;
/** What a head takes beside its bytes: promises, and its place in the queue of its log. */
export const HEAD_OVERHEAD_BYTES = 2_048;

/** Counts them. */
export class HeadsUnderWay {
  readonly #byPeer = new Tally();

  /** Runs `follow` and counts these bytes until it has ended; undefined: it is not run, since too much of this peer is under way. */
  async run<T>(peer: string, bytes: number, follow: () => Promise<T>): Promise<T | undefined> {
    const counted = bytes + HEAD_OVERHEAD_BYTES;
    if (this.#byPeer.of(peer) + counted > HEADS_BYTES_PER_PEER_MAX) return undefined;
    this.#byPeer.add(peer, counted);
    try {
      return await follow();
    } finally {
      this.#byPeer.add(peer, -counted);
    }
  }
}
