// Reads the log of a peer out of turn, also what the peer has not told anybody of yet: once at a time for each, however often it asks.

import type { PeerId } from '@libp2p/interface';
import { originOf, TREE_SIZE_MAX } from '../../protocol/log/index.ts';

/** What reads logs. */
export interface Pulling {
  /** Reads a log from a peer up to a size, or to its end. */
  pull(peer: PeerId, origin: string, to: number): Promise<void>;
}

/** Catches up with peers. */
export class CatchUp {
  readonly #sync: Pulling;
  readonly #under = new Set<string>();

  constructor(sync: Pulling) {
    this.#sync = sync;
  }

  /** Reads the peer's own log, unless that is under way. Never throws: who asked asks again. */
  async with(peer: PeerId): Promise<void> {
    const name = peer.toString();
    if (this.#under.has(name)) return;
    this.#under.add(name);
    try {
      await this.#sync.pull(peer, originOf(name), TREE_SIZE_MAX);
    } catch {
      // The peer is gone, or its log is not to be had: the rounds go on without this one.
    } finally {
      this.#under.delete(name);
    }
  }
}
