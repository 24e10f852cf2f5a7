// A gossip stream that is reset while its connection stays open is never reopened by the library: the mesh lists the peer and
// nothing arrives. This hangs such a peer up and dials it again.

import type { Connection, PeerId } from '@libp2p/interface';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { DIAL_MS_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';

/** Pause between two looks. Delivery must resume within 15 s of a reset. */
const LOOK_MS = 2_000;
/** Looks in a row without a stream before it counts as dead: a fresh connection needs a moment to open its own. */
const LOOKS_DEAD = 2;
/** Looks in which a connection is too young to be missing streams: on a busy machine opening them takes longer than the next look. */
const LOOKS_YOUNG = 3;
/** A peer whose stream dies again and again is redialled ever more rarely: the looks it takes double up to this. */
const LOOKS_DEAD_LAST = 256;
/** Peers redialled in one look: a bound, not a plan. */
const REDIALS_MAX = 8;
/** Peers whose redials are remembered. */
const REMEMBERED_MAX = 1_024;

/** Watches the gossip streams of a host. */
export class GossipWatchdog {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #protocols: ReadonlySet<string>;
  #missing = new Map<string, number>();
  readonly #lookedAt = new WeakMap<Connection, number>();
  /** Looks that the next redial of a peer takes. */
  readonly #patience = new RecentMap<string, number>(REMEMBERED_MAX);
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: { host: Host; clock: Clock; log: Logger; metrics: Metrics }) {
    this.#host = deps.host;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#protocols = new Set(deps.host.services.pubsub.protocols);
  }

  start(): void {
    const look = () => {
      void this.look().finally(() => {
        if (!this.#stopped) this.#cancel = this.#clock.after(LOOK_MS, look);
      });
    };
    this.#cancel = this.#clock.after(LOOK_MS, look);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Looks once; redials peers whose stream has been missing for too long. */
  async look(): Promise<void> {
    const before = this.#missing;
    this.#missing = new Map();
    const dead: PeerId[] = [];
    for (const peer of this.#host.getPeers()) {
      const id = peer.toString();
      if (!(await this.#isDeaf(peer))) continue;
      const looks = (before.get(id) ?? 0) + 1;
      if (looks >= (this.#patience.get(id) ?? LOOKS_DEAD) && dead.length < REDIALS_MAX) dead.push(peer);
      else this.#missing.set(id, looks);
    }
    await Promise.all(dead.map((peer) => this.#redial(peer)));
  }

  /** True for a connected peer that speaks gossip and lacks a stream in either direction. */
  async #isDeaf(peer: PeerId): Promise<boolean> {
    // A relayed connection is there for requests; gossip may be absent from it.
    const connections = this.#host
      .getConnections(peer)
      .filter((connection) => connection.limits === undefined);
    for (const connection of connections)
      this.#lookedAt.set(connection, (this.#lookedAt.get(connection) ?? 0) + 1);
    if (connections.every((connection) => this.#lookedAt.get(connection)! <= LOOKS_YOUNG)) return false;
    const streams = connections
      .flatMap((connection) => connection.streams)
      .filter((stream) => stream.status === 'open' && this.#protocols.has(stream.protocol));
    if (
      streams.some((stream) => stream.direction === 'outbound') &&
      streams.some((stream) => stream.direction === 'inbound')
    )
      return false;
    // Asked last: it reads the disk, and nearly every peer is well.
    return await this.#host.peerStore.get(peer).then(
      ({ protocols }) => protocols.some((protocol) => this.#protocols.has(protocol)),
      () => false,
    );
  }

  async #redial(peer: PeerId): Promise<void> {
    this.#metrics.count('zerostate_gossip_redials_total');
    this.#log.info({ peer: peer.toString() }, 'gossip stream is dead: peer is dialled again');
    const id = peer.toString();
    const patience = Math.min(LOOKS_DEAD_LAST, 2 * (this.#patience.get(id) ?? LOOKS_DEAD));
    this.#patience.set(id, patience);
    const signal = AbortSignal.timeout(DIAL_MS_MAX);
    try {
      await this.#host.hangUp(peer, { signal });
      await this.#host.dial(peer, { signal });
    } catch (error) {
      this.#log.debug({ peer: peer.toString(), error: (error as Error).message }, 'redial failed');
    }
  }
}
