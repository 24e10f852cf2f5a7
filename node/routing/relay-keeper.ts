// Keeps a node connected to the relays that it uses: a relay to those of its region and to some of every other (the backbone first), an edge
// to a few near ones and one further off. Probes each now and then. Must not: decide where a stream goes.

import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import type { RelayInfo, Relays } from './relays.ts';

/** Pause between two rounds. */
const ROUND_MS = 2_000;
/** A relay that nobody probed for this long is probed. */
const PROBE_EVERY_MS = 10_000;
/** Relays of its own region that a relay keeps up, and of each other region. */
const NEAR_MAX = 8;
const FAR_EACH_MAX = 2;
/** Relays of all that are kept up: bounds the connections. */
const KEPT_MAX = 64;
/** A relay that could not be dialled rests for this long. */
const REST_MS = 10_000;
/** Cards are looked up again in the DHT after this time, one a round. */
const CARD_MS = 3_600_000;
/** Slack that makes an edge stay with a relay: another one must be this much nearer. */
const CLOSER_MS = 10;
const CLOSER_SHARE = 0.33;
/** Round trip that stands for a relay that rests: more than any that answers. */
const RESTING_MS = 600_000;
/** How long a dial may take. */
const DIAL_MS = 5_000;

export interface KeeperDeps {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Logger;
  readonly relays: Relays;
  readonly cards: Pick<CardService, 'lookup'>;
  readonly region: string;
  /** Relays that an edge keeps up, of its own region and of others. */
  readonly edge: { readonly near: number; readonly far: number };
  /** True for a relay itself. */
  readonly relaying: boolean;
  readonly probe: (relay: string) => Promise<void>;
  readonly agentsOf: (peerId: string) => readonly string[];
}

/** Keeps relays up. */
export class RelayKeeper {
  readonly #deps: KeeperDeps;
  readonly #rest = new Map<string, number>();
  readonly #probedAt = new Map<string, number>();
  readonly #lookedUpAt = new Map<string, number>();
  #chosen: ReadonlySet<string> = new Set();
  #cancel: () => void = () => {};

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    const round = () => {
      void this.#round().catch((error: unknown) =>
        this.#deps.log.debug({ err: error }, 'a round of relays failed'),
      );
      this.#cancel = this.#deps.clock.after(ROUND_MS, round);
    };
    round();
  }

  stop(): void {
    this.#cancel();
  }

  /** The relays that this node wants to be connected to. */
  get chosen(): ReadonlySet<string> {
    return this.#chosen;
  }

  /** A probe was sent otherwise. */
  probed(relay: string): void {
    this.#probedAt.set(relay, this.#deps.clock.now());
  }

  async #round(): Promise<void> {
    const { clock, probe, relaying, relays } = this.#deps;
    const now = clock.now();
    const known = relays.list();
    const names = new Set(known.map(({ entry }) => entry.peerId));
    for (const map of [this.#rest, this.#probedAt, this.#lookedUpAt])
      for (const id of map.keys()) if (!names.has(id)) map.delete(id);
    this.#chosen = new Set((relaying ? this.#forRelay(known) : this.#forEdge(known)).slice(0, KEPT_MAX));
    const dials = known.filter(
      ({ connected, entry }) =>
        !connected && this.#chosen.has(entry.peerId) && (this.#rest.get(entry.peerId) ?? 0) <= now,
    );
    const silent = known.filter(
      ({ connected, entry }) => connected && now - (this.#probedAt.get(entry.peerId) ?? 0) > PROBE_EVERY_MS,
    );
    for (const { entry } of silent) this.#probedAt.set(entry.peerId, now);
    await Promise.all([
      ...dials.map((info) => this.#dial(info)),
      ...silent.map(({ entry }) => probe(entry.peerId)),
      this.#lookUp(known, now),
    ]);
  }

  #forRelay(known: readonly RelayInfo[]): string[] {
    const { region } = this.#deps;
    const regions = Map.groupBy(known, ({ entry }) => entry.region);
    return [...regions].flatMap(([name, infos]) =>
      [...infos]
        .sort(byWorth)
        .slice(0, name === region ? NEAR_MAX : FAR_EACH_MAX)
        .map(({ entry }) => entry.peerId),
    );
  }

  /** Near ones first; who is in use stays until another is clearly nearer, so that measuring does not make a node wander. */
  #forEdge(known: readonly RelayInfo[]): string[] {
    const { clock, edge, region } = this.#deps;
    const now = clock.now();
    const cost = (info: RelayInfo): number => {
      // One that cannot be dialled must not take the place of one that can.
      if (!info.connected && (this.#rest.get(info.entry.peerId) ?? 0) > now) return RESTING_MS;
      const rtt = info.measured.rttMs ?? (info.connected ? 500 : 250);
      const kept = this.#chosen.has(info.entry.peerId);
      return info.measured.draining
        ? Number.POSITIVE_INFINITY
        : kept
          ? rtt
          : rtt * (1 + CLOSER_SHARE) + CLOSER_MS;
    };
    const sorted = [...known].sort((a, b) => cost(a) - cost(b) || order(a, b));
    const near = sorted.filter(({ entry }) => entry.region === region).slice(0, edge.near);
    const far = sorted.filter(({ entry }) => entry.region !== region).slice(0, edge.far);
    return [...near, ...far].map(({ entry }) => entry.peerId);
  }

  async #dial({ entry, terms }: RelayInfo): Promise<void> {
    const { clock, host, log } = this.#deps;
    const { peerId } = entry;
    try {
      const direct = entry.addresses
        .filter((text) => !text.includes('/p2p-circuit'))
        .map((text) => multiaddr(text));
      const target = direct.length > 0 ? direct : peerIdFromString(peerId);
      await host.dial(target, { signal: AbortSignal.timeout(DIAL_MS) });
      log.debug({ peer: peerId, backbone: terms?.backbone ?? false }, 'relay connected');
    } catch (error) {
      this.#rest.set(peerId, clock.now() + REST_MS);
      log.debug({ peer: peerId, error: (error as Error).message }, 'relay cannot be dialled');
    }
  }

  /** The card of one relay, from the DHT: what it asks and offers now. */
  async #lookUp(known: readonly RelayInfo[], now: number): Promise<void> {
    const { agentsOf, cards, log } = this.#deps;
    const due = known.find(({ entry }) => now - (this.#lookedUpAt.get(entry.peerId) ?? 0) > CARD_MS);
    if (due === undefined) return;
    this.#lookedUpAt.set(due.entry.peerId, now);
    for (const agent of agentsOf(due.entry.peerId).slice(0, 2))
      await cards
        .lookup(agent as never)
        .catch((error: Error) => log.debug({ agent, error: error.message }, 'card of a relay not found'));
  }
}

function byWorth(a: RelayInfo, b: RelayInfo): number {
  return worth(b) - worth(a) || (a.measured.rttMs ?? 1e6) - (b.measured.rttMs ?? 1e6) || order(a, b);
}

/** Backbone before others, and those that are up before those that are not. */
function worth({ connected, measured, terms }: RelayInfo): number {
  return (terms?.backbone === true ? 2 : 0) + (connected ? 1 : 0) - (measured.draining ? 4 : 0);
}

function order(a: RelayInfo, b: RelayInfo): number {
  return a.entry.peerId < b.entry.peerId ? -1 : 1;
}
