// Serves blocks to peers that want them: bounded wants a peer, a byte budget a peer, few peers at the same moment, one message in
// memory for each. What is not here is said to be missing and not remembered.

import type { PeerId } from '@libp2p/interface';
import type { CID } from 'multiformats/cid';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type Overload, RETRY_MS } from '../admission/index.ts';
import { type Clock, pause } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { withServerSpan } from '../tracing/index.ts';
import { encodeMessage, type MessageBlock, type Presence, type Want } from './bitswap-message.ts';
import { readCid } from './blocks.ts';
import {
  ITEMS_MAX,
  SERVED_AT_ONCE_MAX,
  SERVED_BYTES_BURST,
  SERVED_BYTES_PER_MESSAGE,
  SERVED_BYTES_PER_SECOND,
  WANTS_MAX,
} from './limits.ts';
import { BITSWAP } from './outbox.ts';

/** Peers whose wants wait; a further one is told nothing and asks elsewhere. */
const PEERS_MAX = 256;
/** Peers whose byte budget is remembered; a forgotten one has its full budget again. */
const BUDGETS_MAX = 1_024;

interface Client {
  readonly peer: PeerId;
  readonly wants: Map<string, { cid: CID; want: Want }>;
  /** Frame of the trace that wants them, if one does. */
  trace: Uint8Array | undefined;
}

export interface ServerDeps {
  readonly overload: Pick<Overload, 'enter'>;
  readonly read: (cid: CID) => Promise<Uint8Array | undefined>;
  readonly send: (peer: PeerId, message: Uint8Array) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Serves wants. */
export class BlockServer {
  readonly #deps: ServerDeps;
  readonly #clients = new Map<string, Client>();
  readonly #budgets = new RecentMap<string, { bytes: number; at: number }>(BUDGETS_MAX);
  #running = 0;
  #stopped = false;

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  /** Takes the wants of a message. */
  take(peer: PeerId, wants: readonly Want[], trace?: Uint8Array): void {
    const name = peer.toString();
    let client = this.#clients.get(name);
    if (client === undefined && this.#clients.size >= PEERS_MAX) return;
    client ??= { peer, wants: new Map(), trace: undefined };
    // Wants of several traces that wait together are answered in one message, in the newest of them.
    client.trace = trace ?? client.trace;
    for (const want of wants) {
      const cid = readCid(want.cid);
      if (cid === undefined) continue;
      const key = cid.toString();
      if (want.cancel) client.wants.delete(key);
      else if (client.wants.size < WANTS_MAX) client.wants.set(key, { cid, want });
    }
    if (client.wants.size === 0) return;
    this.#clients.set(name, client);
    void this.#work();
  }

  stop(): void {
    this.#stopped = true;
    this.#clients.clear();
  }

  /** Serves peers in turn, a message each, until none waits. */
  async #work(): Promise<void> {
    if (this.#running >= SERVED_AT_ONCE_MAX) return;
    this.#running += 1;
    try {
      for (let next = this.#clients.entries().next(); !next.done; next = this.#clients.entries().next()) {
        const leave = await this.#place();
        if (leave === undefined) return;
        // Another worker may have taken it while this one waited.
        next = this.#clients.entries().next();
        if (next.done) return leave();
        const [name, client] = next.value;
        // Out of the queue while it is served: two workers never serve one peer, and it comes back at the end.
        this.#clients.delete(name);
        try {
          const { trace } = client;
          client.trace = undefined;
          const serve = () => this.#serve(name, client);
          await (trace === undefined ? serve() : withServerSpan(BITSWAP, trace, serve));
        } catch (error) {
          if (!isZeroError(error))
            this.#deps.log.warn({ err: error, peer: name }, 'blocks could not be served');
          continue;
        } finally {
          leave();
        }
        if (this.#stopped) return;
        const later = this.#clients.get(name);
        if (later !== undefined) for (const [key, item] of client.wants) later.wants.set(key, item);
        else if (client.wants.size > 0) this.#clients.set(name, client);
      }
    } finally {
      this.#running -= 1;
    }
  }

  /** A place among the bulk work of the node; while that gives way, wants wait, as many as may. Undefined when it stops meanwhile. */
  async #place(): Promise<(() => void) | undefined> {
    const { clock, overload } = this.#deps;
    for (let leave = overload.enter('bulk'); ; leave = overload.enter('bulk')) {
      if (leave !== undefined) return leave;
      await pause(clock, RETRY_MS.bulk);
      if (this.#stopped) return undefined;
    }
  }

  async #serve(name: string, client: Client): Promise<void> {
    const blocks: MessageBlock[] = [];
    const presences: Presence[] = [];
    let bytes = 0;
    for (const [key, { cid, want }] of client.wants) {
      if (bytes >= SERVED_BYTES_PER_MESSAGE || blocks.length + presences.length >= ITEMS_MAX) break;
      client.wants.delete(key);
      const block = await this.#deps.read(cid);
      if (block === undefined) {
        if (want.sayMissing) presences.push({ cid: cid.bytes, has: false });
      } else if (want.haveOnly) presences.push({ cid: cid.bytes, has: true });
      else {
        // Version, codec, hash and its length: all below 128, one byte each.
        blocks.push({ prefix: cid.bytes.subarray(0, 4), data: block });
        bytes += block.length;
      }
    }
    if (blocks.length + presences.length === 0) return;
    await this.#budget(name, bytes);
    if (this.#stopped) return;
    await this.#deps.send(client.peer, encodeMessage({ blocks, presences }));
    this.#deps.metrics.count('zerostate_artifact_bytes_total', { direction: 'served' }, bytes);
  }

  /** Waits until the peer's budget covers more; it may fall below zero by one message. */
  async #budget(name: string, bytes: number): Promise<void> {
    const { clock } = this.#deps;
    const now = clock.now();
    const known = this.#budgets.get(name) ?? { bytes: SERVED_BYTES_BURST, at: now };
    const refill = (Math.max(0, now - known.at) * SERVED_BYTES_PER_SECOND) / 1000;
    const left = Math.min(SERVED_BYTES_BURST, known.bytes + refill) - bytes;
    this.#budgets.set(name, { bytes: left, at: now });
    if (left >= 0) return;
    const ms = Math.ceil((-left * 1000) / SERVED_BYTES_PER_SECOND);
    await pause(clock, ms);
  }
}
