// Who is out there: the newest announcement of every node, kept while it is fresh. Feeds the console, peer choice and index choice.

import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { toBase64 } from '../../protocol/bytes/index.ts';
import { TokenBuckets } from '../admission/token-bucket.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip, Verdict } from '../gossip/index.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import {
  ANNOUNCED_ADDRESSES_MAX,
  ANNOUNCED_LINKS_MAX,
  type Announcement,
  signAnnouncement,
  verifyAnnouncement,
} from './announcement.ts';
import { ClockOffsets } from './clock-offsets.ts';
import { Heartbeats } from './heartbeats.ts';
import { changesAtOnce, changesRegained, pauseMs, silentAfterMs } from './pace.ts';

/** Nodes remembered; the longest silent is forgotten first. */
const NODES_MAX = 5_000;
/** A change of neighbours is told after this pause, so that a burst of connections is one message. */
const ANNOUNCE_PAUSE_MS = 500;
/** An announcement's addresses are written down again after this time, though unchanged: others may have said something else meanwhile. */
const LEARN_AGAIN_MS = 3_600_000;
/** Nodes not heard of before that one peer may bring: of a network of a thousand it brings a sixth in its first minute. */
const NEWCOMERS = { perSecond: 4, burst: 256 };
/**
 * Announcements of one node that are taken and passed on: twice what it makes when all of its changes are told, with room for late ones.
 * Whoever speaks faster would have every node of the network check and pass on what it says.
 */
const WORDS_OF_ONE = { perSecond: 0.4, burst: 12 };
/** Forgotten after this time. */
const FORGET_AFTER_MS = 3_600_000;
/** Clocks may differ by this much; announcements further off are ignored. */
const CLOCK_TOLERANCE_MS = 600_000;

export interface NodeEntry extends Announcement {
  /** When this node last heard of it, own clock. */
  readonly heardAtMs: number;
}

interface HeardEntry extends NodeEntry {
  /** When its addresses were last written down, own clock. */
  readonly learnedAtMs: number;
}

/** What stays the same in a node's own announcements. */
export interface SelfDescription {
  readonly name: string;
  readonly region: string;
  readonly roles: readonly string[];
  readonly version: string;
}

/** The directory of nodes. */
export class Directory {
  readonly #entries = new Map<string, HeardEntry>();
  readonly #rtt = new Heartbeats();
  /** How far this node's clock is from its neighbours'. */
  readonly clocks = new ClockOffsets();
  readonly #host: Host;
  readonly #gossip: Gossip;
  readonly #clock: Clock;
  readonly #newcomers: TokenBuckets;
  readonly #words: TokenBuckets;
  readonly #log: Logger;
  readonly #seed: Uint8Array;
  readonly #self: SelfDescription;
  readonly #ownLog: () => { size: number; root: Uint8Array };
  readonly #onHeard: (entry: NodeEntry) => void;
  readonly #onChange: () => void;
  /** How busy this node is with tasks of others; set by whoever runs them. */
  load: () => Announcement['tasks'] = () => undefined;
  /** Told of a node that is new here, or in a new role; set by whoever wants to know. */
  onNew: (entry: NodeEntry) => void = () => {};
  readonly #onPeers: () => void;
  readonly #random: () => number;
  /** Nodes that speak, with this one: as of the last round, and those heard of since. */
  #speaking = 1;
  #cancel: () => void = () => {};
  #cancelSoon: (() => void) | undefined;
  #changesTold = 0;
  #last = 0;

  constructor(deps: {
    host: Host;
    gossip: Gossip;
    clock: Clock;
    log: Logger;
    seed: Uint8Array;
    self: SelfDescription;
    ownLog: () => { size: number; root: Uint8Array };
    onHeard: (entry: NodeEntry) => void;
    /** Told of every change in what is known of the network. */
    onChange: () => void;
    /** Told when this node's own neighbours change. */
    onPeers: () => void;
    /** 0 to 1. */
    random?: () => number;
  }) {
    this.#random = deps.random ?? Math.random;
    this.#host = deps.host;
    this.#gossip = deps.gossip;
    this.#clock = deps.clock;
    this.#newcomers = new TokenBuckets({ clock: deps.clock, ...NEWCOMERS });
    this.#words = new TokenBuckets({ clock: deps.clock, ...WORDS_OF_ONE });
    this.#log = deps.log;
    this.#seed = deps.seed;
    this.#self = deps.self;
    this.#ownLog = deps.ownLog;
    this.#onHeard = deps.onHeard;
    this.#onChange = deps.onChange;
    this.#onPeers = deps.onPeers;
  }

  /** Starts to listen and to speak. */
  start(): void {
    this.#gossip.subscribe('announce', async (data, from) => this.#receive(data, from.toString()));
    this.#host.services.heartbeat.onMeasured = (peer, ms) => this.#rtt.note(peer.toString(), ms);
    this.#host.addEventListener('peer:connect', this.#soon);
    this.#host.addEventListener('peer:disconnect', this.#soon);
    // A peer hears gossip only once it has subscribed, which is some time after it connected.
    this.#host.services.pubsub.addEventListener('subscription-change', this.#soon);
    let isFirst = true;
    const round = () => {
      void this.#measure().then(() => this.announce());
      this.#forget();
      this.#speaking = 1 + this.nodes().filter((node) => this.isFresh(node)).length;
      this.#changesTold = Math.max(0, this.#changesTold - changesRegained(this.#speaking));
      this.#cancel = this.#clock.after(pauseMs(this.#speaking, isFirst, this.#random()), round);
      isFirst = false;
    };
    round();
  }

  stop(): void {
    this.#cancel();
    this.#cancelSoon?.();
    this.#host.removeEventListener('peer:connect', this.#soon);
    this.#host.removeEventListener('peer:disconnect', this.#soon);
    this.#host.services.pubsub.removeEventListener('subscription-change', this.#soon);
  }

  readonly #soon = (): void => {
    this.#onPeers();
    this.#onChange();
    // In a network that starts, or is at work, somebody's neighbours change all the time: the next round tells of it.
    if (this.#changesTold > changesAtOnce(this.#speaking) - 1) return;
    this.#cancelSoon ??= this.#clock.after(ANNOUNCE_PAUSE_MS, () => {
      this.#cancelSoon = undefined;
      this.#changesTold += 1;
      void this.announce();
    });
  };

  /** This node's own entry. */
  self(): NodeEntry {
    const peers = this.#host.getPeers().map((peer) => peer.toString());
    const now = this.#clock.now();
    const { size, root } = this.#ownLog();
    const tasks = this.load();
    return {
      type: 'NodeAnnouncement',
      peerId: this.#host.peerId.toString(),
      name: this.#self.name,
      region: this.#self.region,
      roles: [...this.#self.roles],
      version: this.#self.version,
      addresses: this.#host.getMultiaddrs().map(String).slice(0, ANNOUNCED_ADDRESSES_MAX),
      links: peers.slice(0, ANNOUNCED_LINKS_MAX).map((peer) => ({ peer, rttMs: this.#rtt.of(peer) ?? null })),
      log: { size, root: toBase64(root) },
      ...(tasks === undefined ? {} : { tasks }),
      issuedAtMs: now,
      heardAtMs: now,
    };
  }

  /** Round trip of the link to a neighbour by its heartbeats, in ms; undefined: not measured. */
  rttOf(peerId: string): number | undefined {
    return this.#rtt.of(peerId);
  }

  /** Speaks of itself once. */
  async announce(): Promise<void> {
    const { heardAtMs: _, ...announcement } = this.self();
    // Two announcements within one millisecond, or a clock that stepped back, must still replace the former.
    this.#last = Math.max(this.#last + 1, announcement.issuedAtMs);
    await this.#gossip.publish(
      'announce',
      signAnnouncement({ ...announcement, issuedAtMs: this.#last }, this.#seed),
    );
  }

  /** Nodes heard of lately, without this one. */
  nodes(): NodeEntry[] {
    return [...this.#entries.values()];
  }

  /** True while a node's announcements arrive. */
  isFresh(entry: NodeEntry): boolean {
    return this.#clock.now() - entry.heardAtMs < silentAfterMs(this.#speaking);
  }

  /** One node's entry, by peer id text. */
  get(peerId: string): NodeEntry | undefined {
    return this.#entries.get(peerId);
  }

  async #receive(data: Uint8Array, from: string): Promise<Verdict> {
    const announcement = verifyAnnouncement(data);
    if (announcement.peerId === this.#host.peerId.toString()) return 'ignore';
    const now = this.#clock.now();
    // Also of those that are too far off to be believed: that is what a wrong clock looks like.
    if (from === announcement.peerId) this.clocks.note(from, announcement.issuedAtMs, now);
    if (Math.abs(announcement.issuedAtMs - now) > CLOCK_TOLERANCE_MS) return 'ignore';
    const known = this.#entries.get(announcement.peerId);
    if (known !== undefined && known.issuedAtMs >= announcement.issuedAtMs) return 'ignore';
    // Names are free: one peer may bring so many new ones, or it could fill the directory, and have this node pass all of them on.
    if (known === undefined && from !== announcement.peerId && !this.#newcomers.take(from)) return 'ignore';
    if (!this.#words.take(announcement.peerId)) return 'ignore';
    this.#entries.delete(announcement.peerId);
    const learned = known !== undefined && sameAddresses(known, announcement) ? known.learnedAtMs : 0;
    const isToLearn = now - learned > LEARN_AGAIN_MS;
    const entry = { ...announcement, heardAtMs: now, learnedAtMs: isToLearn ? now : learned };
    this.#entries.set(announcement.peerId, entry);
    this.#onHeard(entry);
    if (known?.roles.join() !== entry.roles.join()) this.onNew(entry);
    if (isToLearn) await this.#learnAddresses(announcement);
    if (this.#entries.size > NODES_MAX) this.#entries.delete(this.#entries.keys().next().value as string);
    if (known === undefined) {
      this.#speaking += 1;
      this.#log.info(
        { peer: announcement.peerId, name: announcement.name, region: announcement.region },
        'node heard of',
      );
    }
    this.#onChange();
    return 'accept';
  }

  /** What a node says of its own addresses is signed by its key: libp2p may dial them, also in a later run. */
  async #learnAddresses({ peerId, addresses }: Announcement): Promise<void> {
    const signed = addresses.flatMap((text) => {
      try {
        return [{ multiaddr: multiaddr(text), isCertified: true }];
      } catch {
        return [];
      }
    });
    if (signed.length === 0) return;
    // In the place of the ones before: a node whose addresses change, as behind relays, would collect them.
    await this.#host.peerStore
      .patch(peerIdFromString(peerId), { addresses: signed })
      .catch((error: Error) => this.#log.debug({ peer: peerId, error: error.message }, 'addresses not kept'));
  }

  #forget(): void {
    const now = this.#clock.now();
    for (const [id, entry] of this.#entries)
      if (now - entry.heardAtMs > FORGET_AFTER_MS) this.#entries.delete(id);
  }

  async #measure(): Promise<void> {
    const peers = this.#host.getPeers().slice(0, ANNOUNCED_LINKS_MAX);
    this.#rtt.retain(new Set(peers.map(String)));
    // The heartbeat measures every connection in its turn; only a new one has no figure yet.
    const fresh = peers.filter((peer) => this.#rtt.of(peer.toString()) === undefined);
    await this.#host.services.heartbeat.measure(
      fresh.flatMap((peer) => this.#host.getConnections(peer).slice(0, 1)),
    );
  }
}

function sameAddresses(one: Announcement, other: Announcement): boolean {
  return (
    one.addresses.length === other.addresses.length &&
    one.addresses.every((address, i) => address === other.addresses[i])
  );
}
