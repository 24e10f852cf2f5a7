// The streams that pass through a relay now, and what they hold: bytes that wait for readers who are slow. Each is bounded by its windows, all together here:
// streams are many, and a peer that sends and one that does not read fill the windows of all of theirs. Must not: look at what passes.

import type { Stream } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import { FORWARD_HELD_BYTES_MAX, FORWARD_HELD_LOOK_MS, RELAY_SHARES } from './limits.ts';

/** Both sides of one. */
export interface LiveStream {
  readonly near: Stream;
  readonly far: Stream;
  /** Who handed it over, and to whom it was handed. */
  readonly from: string;
  readonly next: string;
}

function heldBy({ far, near }: LiveStream): number {
  return near.readBufferLength + near.writeBufferLength + far.readBufferLength + far.writeBufferLength;
}

/** They are looked at while there are any. */
export class LiveStreams {
  readonly #live = new Set<LiveStream>();
  readonly #isRelay: (peer: string) => boolean;
  #looking: NodeJS.Timeout | undefined;

  constructor(isRelay: (peer: string) => boolean) {
    this.#isRelay = isRelay;
  }

  get size(): number {
    return this.#live.size;
  }

  add(one: LiveStream): void {
    this.#live.add(one);
    this.#looking ??= setInterval(() => this.relieve(), FORWARD_HELD_LOOK_MS).unref();
  }

  delete(one: LiveStream): void {
    this.#live.delete(one);
    if (this.#live.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  /** Ends all of them. */
  end(why: Error): void {
    for (const { far, near } of this.#live) {
      near.abort(why);
      far.abort(why);
    }
  }

  /** Ends those that are handed to one relay. */
  leave(relay: string, why: Error): void {
    for (const { near, next } of this.#live) if (next === relay) near.abort(why);
  }

  /** While more is held than may be, the stream that holds most gives way, of the peer whose streams do; its ends go on over another relay. */
  relieve(): void {
    const peers = new Map<string, { streams: { one: LiveStream; bytes: number }[]; bytes: number }>();
    let held = 0;
    for (const one of this.#live) {
      const bytes = heldBy(one);
      if (bytes === 0) continue;
      const peer = peers.get(one.from) ?? { streams: [], bytes: 0 };
      peers.set(one.from, peer);
      peer.streams.push({ one, bytes });
      peer.bytes += bytes;
      held += bytes;
    }
    if (held <= FORWARD_HELD_BYTES_MAX) return;
    for (const { streams } of peers.values()) streams.sort((a, b) => a.bytes - b.bytes);
    while (held > FORWARD_HELD_BYTES_MAX) {
      const [, most] = [...peers].reduce((a, b) => (this.#share(b) > this.#share(a) ? b : a));
      const given = most.streams.pop();
      if (given === undefined) return;
      most.bytes -= given.bytes;
      held -= given.bytes;
      given.one.near.abort(new ZeroError('BUSY', 'too much waits here for slow readers'));
    }
  }

  #share([peer, { bytes }]: readonly [string, { readonly bytes: number }]): number {
    return this.#isRelay(peer) ? bytes / RELAY_SHARES : bytes;
  }
}
