// What this node knows of relays: who they are (announcements and cards), how they answer (probes), what they ask, and through which of them
// a peer can be reached (as that peer itself announces). Must not: dial, or choose.

import type { Connection, PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { RecentMap } from '../../protocol/bounded/index.ts';
import { NEIGHBOURS_MAX, type NeighbourView } from '../../protocol/routing/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Residents } from '../cards/residents.ts';
import type { Host } from '../host/create.ts';
import type { Directory, NodeEntry } from '../network/directory.ts';
import { byteTariffs } from '../relaying/tariffs.ts';
import type { ReputationService } from '../reputation/index.ts';
import { type Asked, askedOf } from './asked.ts';
import { type RelayTerms, termsOf } from './relay-card.ts';

/** Weight of a new measurement against the mean so far, as TCP smooths round trips. */
const SMOOTHING = 1 / 8;
/** Standing of a relay of which nothing is known: neither praised nor blamed. */
const UNPROVEN = 0.5;

/** What was measured of one relay. */
export interface Measured {
  rttMs: number | undefined;
  jitterMs: number;
  loss: number;
  probes: number;
  /** Streams handed to it that it has not yet answered. */
  inFlight: number;
  draining: boolean;
  /** Streams that it says it carries, and can carry. */
  streams: number;
  streamsMax: number;
  /** Streams that it carried for us, or that failed with it. */
  carried: number;
  failed: number;
}

/** One relay as it is known here. */
export interface RelayInfo {
  readonly entry: NodeEntry;
  readonly terms: RelayTerms | undefined;
  /** Undefined: not known. */
  readonly asked: Asked | undefined;
  readonly measured: Measured;
  readonly connected: boolean;
}

export interface RelaysDeps {
  readonly host: Host;
  readonly directory: Directory;
  readonly residents: Pick<Residents, 'of'>;
  readonly book: Pick<CardBook, 'get'>;
  readonly reputation: Pick<ReputationService, 'of'>;
  readonly now: () => number;
}

/** The relays that this node knows. */
export class Relays {
  readonly #deps: RelaysDeps;
  readonly #measured = new Map<string, Measured>();
  /** Relays are listed at each choice and each second; a name takes longer to read than all else of that. */
  readonly #ids = new RecentMap<string, PeerId>(NEIGHBOURS_MAX);

  constructor(deps: RelaysDeps) {
    this.#deps = deps;
  }

  /** What was measured of a relay; made where there is nothing yet. */
  measured(peerId: string): Measured {
    const known = this.#measured.get(peerId);
    if (known !== undefined) return known;
    if (this.#measured.size >= NEIGHBOURS_MAX)
      this.#measured.delete(this.#measured.keys().next().value as string);
    const fresh: Measured = {
      rttMs: undefined,
      jitterMs: 0,
      loss: 0,
      probes: 0,
      inFlight: 0,
      draining: false,
      streams: 0,
      streamsMax: 0,
      carried: 0,
      failed: 0,
    };
    this.#measured.set(peerId, fresh);
    return fresh;
  }

  /** Books the answer to a probe, or its loss. */
  probed(peerId: string, rttMs: number | undefined): void {
    const one = this.measured(peerId);
    one.probes += 1;
    one.loss += SMOOTHING * ((rttMs === undefined ? 1 : 0) - one.loss);
    if (rttMs === undefined) return;
    const before = one.rttMs ?? rttMs;
    one.jitterMs += SMOOTHING * (Math.abs(rttMs - before) - one.jitterMs);
    one.rttMs = before + SMOOTHING * (rttMs - before);
  }

  /** Relays that speak, other than this node. */
  list(): RelayInfo[] {
    const { directory } = this.#deps;
    return directory
      .nodes()
      .filter((entry) => entry.roles.includes('relay') && directory.isFresh(entry))
      .map((entry) => this.#info(entry));
  }

  /** One relay; undefined for a node that is none. */
  get(peerId: string): RelayInfo | undefined {
    const entry = this.#deps.directory.get(peerId);
    return entry?.roles.includes('relay') === true ? this.#info(entry) : undefined;
  }

  #info(entry: NodeEntry): RelayInfo {
    return {
      entry,
      terms: this.terms(entry.peerId),
      asked: this.asked(entry.peerId),
      measured: this.measured(entry.peerId),
      connected: this.directTo(entry.peerId) !== undefined,
    };
  }

  /** What a relay offers, as the newest card of its agents says. */
  terms(peerId: string): RelayTerms | undefined {
    const { book, residents } = this.#deps;
    for (const agentId of residents.of(peerId)) {
      const entry = book.get(agentId);
      const terms = entry === undefined ? undefined : termsOf(entry.card, peerId);
      if (terms !== undefined) return terms;
    }
    return undefined;
  }

  /** What a relay asks, as the cards of all agents of its node say; undefined: its own is not known, or has ended, so there is no saying. */
  asked(peerId: string): Asked | undefined {
    const { book, now, residents } = this.#deps;
    const at = now();
    const agents = residents.of(peerId);
    const cards = agents.map((agentId) => book.get(agentId)?.card);
    const isKnown = cards.some(
      (card) => card !== undefined && at < Date.parse(card.expiresAt) && termsOf(card, peerId) !== undefined,
    );
    if (!isKnown || cards.includes(undefined)) return undefined;
    return askedOf(byteTariffs(book, agents, at));
  }

  /** A connection without a relay in between. */
  directTo(peerId: string): Connection | undefined {
    return this.#deps.host
      .getConnections(this.#ids.obtain(peerId, () => peerIdFromString(peerId)))
      .find(({ limits, status }) => status === 'open' && limits === undefined);
  }

  /** A relay that holds a slot for the peer has a way to it too, which libp2p counts as limited on the other side only. */
  region(peerId: string): string {
    return this.#deps.directory.get(peerId)?.region ?? '';
  }

  /** Relays through which a peer says it can be reached, with its round trip to each (null: not measured). */
  exitsOf(peerId: string): { relay: string; rttMs: number | null }[] {
    const { directory } = this.#deps;
    const links = directory.get(peerId)?.links ?? [];
    return links
      .filter(({ peer }) => directory.get(peer)?.roles.includes('relay') === true)
      .map(({ peer, rttMs }) => ({ relay: peer, rttMs }));
  }

  /** Standing of a node's relay, 0 to 1. */
  reputationOf(peerId: string): number {
    const { reputation, residents } = this.#deps;
    const standings = residents.of(peerId).map((agentId) => reputation.of(agentId));
    if (standings.some(({ status }) => status === 'slashed')) return 0;
    const proven = standings.filter(({ status }) => status !== 'unproven');
    return proven.length === 0 ? UNPROVEN : Math.min(...proven.map(({ score }) => score)) / 1_000_000;
  }

  /** Neighbours as a policy weighs them: connected relays, and the destination where this node is connected to it. */
  neighbours(destination: string | undefined): NeighbourView[] {
    const { directory } = this.#deps;
    const relays = this.list().filter(({ connected }) => connected);
    const known = relays.map((relay): NeighbourView => this.#view(relay));
    if (destination === undefined || relays.some(({ entry }) => entry.peerId === destination)) return known;
    const direct = this.directTo(destination);
    if (direct === undefined) return known;
    const rttMs = directory.rttOf(destination) ?? direct.rtt;
    return [
      ...known,
      {
        id: destination,
        region: this.region(destination),
        backbone: false,
        forwards: false,
        up: true,
        ...(rttMs === undefined ? {} : { rttMs }),
        pricePerMiB: 0n,
        reputation: 1,
        inFlight: 0,
      },
    ];
  }

  #view({ asked, entry, measured, terms }: RelayInfo): NeighbourView {
    const rttMs = measured.rttMs ?? this.directTo(entry.peerId)?.rtt;
    return {
      id: entry.peerId,
      region: entry.region,
      backbone: terms?.backbone ?? false,
      forwards: true,
      up: !measured.draining,
      ...(rttMs === undefined ? {} : { rttMs }),
      jitterMs: measured.jitterMs,
      loss: measured.loss,
      pricePerMiB: asked?.pricePerMiB ?? 0n,
      reputation: this.reputationOf(entry.peerId),
      inFlight: measured.inFlight,
    };
  }
}
