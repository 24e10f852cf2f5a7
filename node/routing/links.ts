// The links of a node: connections to peers that it reaches through relays. Each is a connection of the host like any other (limited, so that
// DHT and gossip stay off it), made over a path, and moved to another path when that one breaks, without its streams noticing.
// Must not: choose paths (whoever calls brings them), or decide whom a relay serves.

import type { Connection, MessageStream, PeerId, Stream, StreamMuxerFactory } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { ZeroError } from '../../protocol/errors/index.ts';
import { bareFrame, type Greeting, STREAM_ID_BYTES } from '../../protocol/forward/index.ts';
import { BETTER_REST_MS, BetterPaths } from './better-path.ts';
import { atFault } from './faults.ts';
import { isOpen, type Kept, keyOf, type LinkView, mayBegin, tend, viewOf } from './kept-link.ts';
import { LINK_LOOK_MS, LINK_MOVE_MS_MAX, LINK_MOVE_PAUSE_MS, LINKS_MAX, SEAL_MS_MAX } from './limits.ts';
import { Link } from './link.ts';
import { type SealComponents, Sealer } from './sealed-path.ts';
import { type PathOpener, SealedPaths } from './sealed-paths.ts';

/** Longest pause between two tries to find another path. */
const MOVE_PAUSE_MS_MAX = 1_000;
/** Limits that a routed connection says it has: what is at most moved before it changes its path anyway. */
const LIMITS = { seconds: 3_600 };

/** What links need of the host. */
export interface LinkComponents extends SealComponents {
  readonly upgrader: SealComponents['upgrader'] & {
    getStreamMuxers(): Map<string, StreamMuxerFactory>;
    upgradeOutbound(connection: Link, options: object): Promise<Connection>;
    upgradeInbound(connection: Link, options: object): Promise<void>;
  };
  readonly logger: { forComponent(name: string): Link['log'] };
}

/** Told of what happens to links. */
export interface LinkEvents {
  /** A link goes on over another path, so its other end is alive: `left` is the first relay of the path that broke. */
  moved(ms: number, left: string | undefined): void;
  /** A path failed at one relay alone, as another path to the same peer showed. */
  fault(relay: string, peer: string): void;
  /** The path of a link broke. */
  broke(path: readonly string[], peer: string): void;
  /** A new path carried something there and back in so long; undefined: nothing came. */
  carried(path: readonly string[], peer: string, ms: number | undefined): void;
  lost(): void;
}

/** The links of one host. */
export class Links {
  readonly #components: LinkComponents;
  readonly #sealer: Sealer;
  readonly #paths: SealedPaths;
  readonly #better: BetterPaths;
  readonly #kept = new Map<string, Kept>();
  readonly #calling = new Map<string, Promise<Connection>>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  events: LinkEvents | undefined;

  constructor(components: LinkComponents) {
    this.#components = components;
    this.#sealer = new Sealer(components);
    this.#paths = new SealedPaths(this.#sealer, {
      carried: ({ path }, peer, ms) => this.events?.carried(path, peer.toString(), ms),
      silent: ({ path }, peer) => {
        if (!this.#stopped) this.events?.carried(path, peer.toString(), undefined);
      },
      outdone: (silent, by, peer) => this.#outdone(silent, by, peer),
    });
    this.#better = new BetterPaths(this.#paths, (kept, { path, relays }) => this.#attach(kept, path, relays));
  }

  /** How paths are opened; set by whoever routes. Without it nobody is called. */
  get opener(): PathOpener | undefined {
    return this.#paths.opener;
  }

  set opener(opener: PathOpener | undefined) {
    this.#paths.opener = opener;
  }

  /** When a second path is begun beside one that is late; set by whoever routes. */
  set pace(pace: SealedPaths['pace']) {
    this.#paths.pace = pace;
  }

  /** Which paths are to be left for better ones; set by whoever routes. */
  set outworn(outworn: BetterPaths['outworn']) {
    this.#better.outworn = outworn;
  }

  list(): LinkView[] {
    return [...this.#kept.values()].map(viewOf);
  }

  /** True for a connection that goes through relays by forwarding. */
  has(connection: Connection): boolean {
    return [...this.#kept.values()].some((kept) => kept.connection === connection);
  }

  /** A connection to a peer through relays: the one that is up, or a new one. Throws ROUTE_NONE, ROUTE_REFUSED, ROUTE_LOST, BUSY. */
  async call(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const id = peer.toString();
    const now = performance.now();
    const open = [...this.#kept.values()].find((kept) => kept.peer.equals(peer) && mayBegin(kept, now));
    if (open?.connection !== undefined) return open.connection;
    const calling =
      this.#calling.get(id) ?? this.#connect(peer, signal).finally(() => this.#calling.delete(id));
    this.#calling.set(id, calling);
    return await calling;
  }

  async #connect(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    this.#checkRoom();
    const { path, relays } = await this.#paths.openAny(peer, signal);
    const id = crypto.getRandomValues(new Uint8Array(STREAM_ID_BYTES));
    const kept = this.#keep(id, peer, true, relays);
    try {
      kept.link.attach(path);
      kept.connection = await this.#components.upgrader.upgradeOutbound(
        kept.link,
        this.#upgrade(peer, signal),
      );
      return kept.connection;
    } catch (cause) {
      kept.link.abort(cause as Error);
      throw new ZeroError('ROUTE_LOST', `no link through relays: ${(cause as Error).message}`, { cause });
    }
  }

  /** A forwarded stream ends here: seals it, and makes or moves the link that it carries. Throws ROUTE_LOST. */
  async answer(stream: Stream, from: PeerId): Promise<void> {
    const signal = AbortSignal.timeout(SEAL_MS_MAX);
    const { greeting, path, peer } = await this.#sealer.answer(stream, signal);
    const known = this.#kept.get(keyOf(peer, greeting.link));
    if (known !== undefined && !known.outgoing) {
      this.#attach(known, path, [from.toString()], greeting);
      return;
    }
    if (!greeting.fresh || known !== undefined || this.#stopped || this.#kept.size >= LINKS_MAX) {
      path.send(bareFrame('refuse'));
      await path.close?.({ signal });
      return;
    }
    const kept = this.#keep(greeting.link, peer, false, [from.toString()]);
    kept.link.attach(path, greeting);
    try {
      await this.#components.upgrader.upgradeInbound(kept.link, {
        ...this.#upgrade(peer, signal),
        // The upgrader answers nothing: the connection is picked up as it opens.
      });
    } catch (error) {
      kept.link.refuse(error as Error);
      throw new ZeroError('ROUTE_LOST', `a link from a relay was not taken: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** To be told of every connection that opens: links learn theirs. */
  opened(connection: Connection): void {
    for (const kept of this.#kept.values())
      if (kept.connection === undefined && kept.link.remoteAddr.equals(connection.remoteAddr))
        kept.connection = connection;
  }

  #upgrade(remotePeer: PeerId, signal: AbortSignal) {
    const muxerFactory = [...this.#components.upgrader.getStreamMuxers().values()][0];
    return {
      skipEncryption: true,
      skipProtection: true,
      remotePeer,
      muxerFactory,
      limits: LIMITS,
      signal,
    };
  }

  #checkRoom(): void {
    if (this.#stopped) throw new ZeroError('ROUTE_NONE', 'the node is stopping');
    if (this.#kept.size >= LINKS_MAX)
      throw new ZeroError('BUSY', `${LINKS_MAX} peers are reached through relays already`);
  }

  #blame(path: readonly string[], peer: PeerId): void {
    if (path.length > 0 && !this.#stopped) this.events?.broke(path, peer.toString());
  }

  #outdone(failed: readonly string[], by: readonly string[], peer: PeerId): void {
    const relay = atFault(failed, by);
    if (relay !== undefined && !this.#stopped) this.events?.fault(relay, peer.toString());
  }

  #keep(id: Uint8Array, peer: PeerId, outgoing: boolean, path: readonly string[]): Kept {
    const name = `/p2p/${path[0] ?? this.#components.peerId}/p2p-circuit/p2p/${peer}`;
    const link = new Link({
      id,
      remoteAddr: multiaddr(name),
      direction: outgoing ? 'outbound' : 'inbound',
      log: this.#components.logger.forComponent('zerostate:link'),
      watcher: {
        lost: (_, error) => this.#lost(kept, error),
        heard: () => {
          kept.heardAt = performance.now();
          kept.silentMs = undefined;
        },
      },
    });
    const now = performance.now();
    const kept: Kept = {
      link,
      peer,
      outgoing,
      connection: undefined,
      path,
      heardAt: now,
      silentMs: undefined,
      usedAt: now,
      moves: 0,
      staysUntil: now + BETTER_REST_MS,
      staysMs: BETTER_REST_MS,
      lostAt: undefined,
    };
    const key = keyOf(peer, id);
    this.#kept.set(key, kept);
    link.addEventListener('close', () => {
      this.#kept.delete(key);
      if (this.#kept.size === 0) this.#rest();
    });
    this.#timer ??= setInterval(() => this.#look(), LINK_LOOK_MS).unref();
    return kept;
  }

  #attach(kept: Kept, path: MessageStream, relays: readonly string[], greeting?: Greeting): void {
    const now = performance.now();
    const before = kept.outgoing ? kept.path : [];
    kept.path = relays;
    kept.moves += 1;
    kept.heardAt = now;
    kept.silentMs = undefined;
    if (kept.lostAt !== undefined) {
      this.events?.moved(now - kept.lostAt, before[0]);
      this.#outdone(before, relays, kept.peer);
    }
    kept.lostAt = undefined;
    kept.link.attach(path, greeting);
  }

  #lost(kept: Kept, error: Error): void {
    kept.lostAt ??= performance.now();
    this.#blame(kept.outgoing ? kept.path : [], kept.peer);
    if (!kept.outgoing || this.#stopped || kept.connection === undefined) {
      if (kept.connection === undefined || this.#stopped) kept.link.abort(error);
      return;
    }
    void this.#move(kept, error);
  }

  /** Finds another path for a link whose path broke, or ends it. */
  async #move(kept: Kept, error: Error): Promise<void> {
    const deadline = performance.now() + LINK_MOVE_MS_MAX;
    const broken = kept.path.slice(0, 1);
    let pause = 0;
    let last: Error = error;
    while (isOpen(kept.link) && !this.#stopped && performance.now() < deadline) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause).unref());
      try {
        const signal = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now())));
        // The first try avoids the relay that just failed; later ones take whatever there is.
        const { path, relays } = await this.#paths.open(
          kept.peer,
          signal,
          { first: pause === 0 ? broken : [], anywhere: [] },
          pause === 0,
        );
        if (isOpen(kept.link)) this.#attach(kept, path, relays);
        else path.abort(error);
        return;
      } catch (failure) {
        last = failure as Error;
      }
      pause = Math.min(MOVE_PAUSE_MS_MAX, Math.max(LINK_MOVE_PAUSE_MS, 2 * pause));
    }
    this.events?.lost();
    kept.link.abort(new ZeroError('ROUTE_LOST', `no other path was found: ${last.message}`, { cause: last }));
  }

  #look(): void {
    const now = performance.now();
    const links = [...this.#kept.values()];
    for (const kept of links) tend(kept, now);
    this.#better.round(links, now);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends every link. */
  stop(): void {
    this.#stopped = true;
    this.#rest();
    for (const { link } of [...this.#kept.values()])
      link.abort(new ZeroError('ROUTE_LOST', 'the node is stopping'));
  }
}
