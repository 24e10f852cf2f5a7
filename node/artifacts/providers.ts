// Who may have an artifact: whom the caller names, who says so in the DHT, and connected peers. None is believed: blocks are verified.

import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import type { CID } from 'multiformats/cid';
import type { Host } from '../host/create.ts';
import { DHT_PUT_MS_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import { PROVIDERS_MAX, SEARCH_MS_MAX } from './limits.ts';
import { BITSWAP } from './outbox.ts';

/** Provider records taken from one search. */
const FOUND_MAX = 20;
/** Announcements to the DHT that may wait: each takes a lookup. What is beyond is announced by the next round of republication. */
const ANNOUNCING_MAX = 256;

/** Finds and announces providers. */
export class Providers {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #announcing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(deps: { host: Host; log: Logger }) {
    this.#host = deps.host;
    this.#log = deps.log;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /**
   * Says in the DHT that this node has an artifact; one announcement after another, in the background. The DHT service of libp2p
   * repeats it while the own record stands (every day, records live for two).
   */
  announce(root: CID): void {
    if (this.#waiting >= ANNOUNCING_MAX || this.#stopping.signal.aborted) return;
    this.#waiting += 1;
    this.#announcing = this.#announcing.then(async () => {
      this.#waiting -= 1;
      await this.#announce(root);
    });
  }

  async #announce(root: CID): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const controller = new AbortController();
    const stop = () => controller.abort();
    const timer = setTimeout(stop, DHT_PUT_MS_MAX);
    this.#stopping.signal.addEventListener('abort', stop, { once: true });
    try {
      await this.#host.contentRouting.provide(root, { signal: controller.signal });
    } catch (error) {
      this.#log.debug({ root: root.toString(), error: (error as Error).message }, 'announcement ended early');
    } finally {
      clearTimeout(timer);
      this.#stopping.signal.removeEventListener('abort', stop);
    }
  }

  /** Announces no more. Records that others hold expire by themselves. */
  async withdraw(root: CID): Promise<void> {
    await this.#host.contentRouting
      .cancelReprovide(root)
      .catch((error: Error) => this.#log.debug({ error: error.message }, 'announcement not withdrawn'));
  }

  /** Peers that may have the artifact, the likeliest first: named, found in the DHT, connected and able to serve. */
  async *find(root: CID, named: readonly string[], signal: AbortSignal): AsyncGenerator<PeerId> {
    const seen = new Set<string>([this.#host.peerId.toString()]);
    const isNew = (peer: string) => !seen.has(peer) && seen.add(peer);
    for (const peer of named) if (isNew(peer)) yield peerIdFromString(peer);
    for (const peer of await this.#connected()) if (isNew(peer.toString())) yield peer;
    for await (const peer of this.#inDht(root, signal)) if (isNew(peer.toString())) yield peer;
  }

  async #connected(): Promise<PeerId[]> {
    const serving: PeerId[] = [];
    for (const peer of this.#host.getPeers()) {
      if (serving.length >= PROVIDERS_MAX) break;
      const known = await this.#host.peerStore.get(peer).catch(() => undefined);
      if (known?.protocols.includes(BITSWAP) === true) serving.push(peer);
    }
    return serving;
  }

  async *#inDht(root: CID, signal: AbortSignal): AsyncGenerator<PeerId> {
    if (this.#host.getPeers().length === 0) return;
    const controller = new AbortController();
    const stop = () => controller.abort();
    const timer = setTimeout(stop, SEARCH_MS_MAX);
    signal.addEventListener('abort', stop, { once: true });
    let found = 0;
    try {
      for await (const { id } of this.#host.contentRouting.findProviders(root, {
        signal: controller.signal,
      })) {
        yield id;
        if (++found >= FOUND_MAX) break;
      }
    } catch (error) {
      this.#log.debug({ root: root.toString(), error: (error as Error).message }, 'search ended early');
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}
