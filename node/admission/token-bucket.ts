// Token buckets per peer, for one kind of request. The ledger owns those of the protocols: libp2p itself puts no rate limit on inbound streams.

import { RecentMap } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';

/** Peers remembered at once; the least recently seen is dropped first, which at worst refills its bucket. */
const PEERS_MAX = 4096;

interface Bucket {
  tokens: number;
  at: number;
}

/** A bounded set of token buckets, one a peer. */
export class TokenBuckets {
  readonly #buckets = new RecentMap<string, Bucket>(PEERS_MAX);
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;

  constructor(options: { clock: Clock; perSecond: number; burst: number }) {
    this.#clock = options.clock;
    this.#perSecond = options.perSecond;
    this.#burst = options.burst;
  }

  /** Takes one token of `peer`; false when it has none left. */
  take(peer: string): boolean {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(peer) ?? { tokens: this.#burst, at: now };
    // A clock that steps back must not drain a bucket.
    const elapsed = Math.max(0, now - bucket.at) / 1000;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsed * this.#perSecond);
    bucket.at = now;
    this.#buckets.set(peer, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
