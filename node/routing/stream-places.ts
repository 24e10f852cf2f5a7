// The places of a relay's streams, shared among those who hand it streams. Keys cost nothing: without shares, eight of them hold a relay's every place,
// for as long as they like. Must not: know what is served otherwise, or why.

import type { Stream } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import { RELAY_SHARES } from './limits.ts';

/** Who holds which. */
export class StreamPlaces {
  readonly #max: number;
  readonly #isRelay: (peer: string) => boolean;
  readonly #held = new Map<string, Set<Stream>>();
  #count = 0;

  constructor(max: number, isRelay: (peer: string) => boolean) {
    this.#max = max;
    this.#isRelay = isRelay;
  }

  /**
   * Takes a place for a stream. Once all are taken, the newest stream of the peer with most gives way to one of a peer with fewer; it is aborted with
   * BUSY, and its ends go on over another relay. False: nobody has more than this peer would.
   */
  take(peer: string, stream: Stream): boolean {
    const own = this.#held.get(peer) ?? new Set<Stream>();
    if (this.#count >= this.#max) {
      const [largest, streams] = this.#largest() ?? [];
      if (largest === undefined || streams === undefined) return false;
      if (this.#share(largest, streams.size) <= this.#share(peer, own.size + 1)) return false;
      const last = [...streams].at(-1);
      if (last === undefined) return false;
      this.free(largest, last);
      last.abort(new ZeroError('BUSY', 'this place goes to a peer that has fewer'));
    }
    own.add(stream);
    this.#held.set(peer, own);
    this.#count += 1;
    return true;
  }

  /** Gives a place back, once however often it is said. */
  free(peer: string, stream: Stream): void {
    const own = this.#held.get(peer);
    if (own?.delete(stream) !== true) return;
    this.#count -= 1;
    if (own.size === 0) this.#held.delete(peer);
  }

  #largest(): [string, Set<Stream>] | undefined {
    let largest: [string, Set<Stream>] | undefined;
    for (const [peer, streams] of this.#held)
      if (largest === undefined || this.#share(peer, streams.size) > this.#share(largest[0], largest[1].size))
        largest = [peer, streams];
    return largest;
  }

  #share(peer: string, streams: number): number {
    return this.#isRelay(peer) ? streams / RELAY_SHARES : streams;
  }
}
