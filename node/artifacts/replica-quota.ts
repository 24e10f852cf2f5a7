// How much is kept for others: half of the store for all of them, an eighth of that for the one that asks, whoever it says the owner is, and
// what is still on its way included.

import { Tally } from '../../protocol/bounded/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { REPLICA_PEER_SHARE, REPLICA_SHARE } from './limits.ts';

export interface ReplicaQuotaDeps {
  readonly store: Pick<ArtifactStore, 'records' | 'sizeOf' | 'usage'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Room for copies on one node. */
export class ReplicaQuota {
  readonly #deps: ReplicaQuotaDeps;
  /** Bytes on their way, by the peer that asked. */
  readonly #arriving = new Tally();

  constructor(deps: ReplicaQuotaDeps) {
    this.#deps = deps;
  }

  /** Holds room for a copy while `work` brings it and writes its promise. Throws ARTIFACT_QUOTA. */
  async during<T>(copy: { root: string; bytes: number; peer: string }, work: () => Promise<T>): Promise<T> {
    const { bytes, peer, root } = copy;
    const { all, theirs } = this.#taken(root, peer);
    const most = this.#deps.store.usage.bytesMax * REPLICA_SHARE;
    if (all + bytes > most || theirs + bytes > most * REPLICA_PEER_SHARE)
      throw new ZeroError('ARTIFACT_QUOTA', 'there is no room for this copy');
    this.#arriving.add(peer, bytes);
    try {
      return await work();
    } finally {
      this.#arriving.add(peer, -bytes);
    }
  }

  #taken(root: string, peer: string): { all: number; theirs: number } {
    const { clock, store } = this.#deps;
    let all = this.#arriving.total;
    let theirs = this.#arriving.of(peer);
    for (const { replication, root: other } of store.records()) {
      if (other === root || replication === null || replication.owner === '') continue;
      if (replication.until <= clock.now()) continue;
      const { bytes } = store.sizeOf(other);
      all += bytes;
      if ((replication.broughtBy ?? replication.owner) === peer) theirs += bytes;
    }
    return { all, theirs };
  }
}
