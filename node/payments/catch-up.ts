// Reads the logs of a peer out of turn: once at a time for each, however often it asks.

import type { PeerId } from '@libp2p/interface';

/** What compares logs with a peer. */
export interface Syncing {
  /** Never throws. */
  syncWith(peer: PeerId): Promise<boolean>;
}

/** Catches up with peers. */
export class CatchUp {
  readonly #sync: Syncing;
  readonly #under = new Set<string>();

  constructor(sync: Syncing) {
    this.#sync = sync;
  }

  /** Compares logs with a peer, unless that is under way. */
  async with(peer: PeerId): Promise<void> {
    const name = peer.toString();
    if (this.#under.has(name)) return;
    this.#under.add(name);
    try {
      await this.#sync.syncWith(peer);
    } finally {
      this.#under.delete(name);
    }
  }
}
