// Who may connect: caps for each site (so that one place cannot take every slot), fair shares among sites once all places are taken, a share of
// connections kept for dialling out, and nobody who is shut out.

import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Admission } from '../admission/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { groupOf, ipOf, isGloballyRoutable, SITE_BITS } from './address-group.ts';
import {
  CONNECTIONS_PER_PEER_MAX,
  INBOUND_PER_SITE_MAX,
  INBOUND_SHARE_MAX,
  PENDING_PER_SITE_MAX,
} from './limits.ts';
import type { RelayDesk } from './relay-watch.ts';

export interface GaterOptions {
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly maxConnections: number;
  /** Limits sites of private and loopback addresses as well. */
  readonly groupPrivate: boolean;
  /** The last word on peers, and on whom this node relays. */
  readonly policy?: ConnectionPolicy | undefined;
  /** Whom this relay serves. */
  readonly relay?: Pick<RelayDesk, 'allows'> | undefined;
}

/** What a policy says of connections. */
export interface ConnectionPolicy {
  allowPeer(peerId: string, direction: 'inbound' | 'outbound'): boolean;
  /** Has the host told when other policies are in force. */
  onChange(listener: () => void): void;
  /** May the peer reserve a slot on this relay, or be connected through it to `destination`? */
  allowRelay(peerId: string, destination: string | undefined): boolean;
}

interface Site {
  open: number;
  pending: number;
  /** Those whose handshake is done, in the order in which it was. */
  readonly settled: Set<MultiaddrConnection>;
}

/** The gate of one host. */
export class Gater implements ConnectionGater {
  readonly #options: GaterOptions;
  readonly #sites = new Map<string, Site>();
  readonly #settled = new WeakMap<MultiaddrConnection, () => Site | undefined>();
  readonly #perPeer = new Map<string, number>();
  readonly #inboundMax: number;
  #inbound = 0;
  /** Of these, the ones whose handshake is done. */
  #open = 0;

  constructor(options: GaterOptions) {
    this.#options = options;
    this.#inboundMax = Math.floor(options.maxConnections * INBOUND_SHARE_MAX);
  }

  /** Inbound connections now, in handshake or open. */
  get inbound(): number {
    return this.#inbound;
  }

  readonly denyDialPeer = (peer: PeerId): boolean =>
    this.#options.admission.isPenalized(peer.toString()) ||
    this.#options.policy?.allowPeer(peer.toString(), 'outbound') === false;

  /** Asked of a connection over forwarded streams too, which nobody dials. */
  readonly denyOutboundConnection = (peer: PeerId): boolean => this.denyDialPeer(peer);

  readonly denyInboundRelayReservation = (source: PeerId): boolean =>
    this.#options.admission.confined(source.toString()) !== undefined ||
    this.#options.relay?.allows(source.toString()) === false ||
    (this.#options.policy?.allowRelay(source.toString(), undefined) === false && this.#refuse('policy'));

  readonly denyOutboundRelayedConnection = (source: PeerId, destination: PeerId): boolean =>
    this.#options.relay?.allows(source.toString()) === false ||
    (this.#options.policy?.allowRelay(source.toString(), destination.toString()) === false &&
      this.#refuse('policy'));

  readonly denyInboundConnection = (connection: MultiaddrConnection): boolean => {
    const site = this.#siteOf(connection.remoteAddr);
    const now = site === undefined ? undefined : (this.#sites.get(site) ?? noneOf());
    // Nobody loses a place to somebody who has not yet shown a key: for now it is only let into the handshake.
    if (this.#inbound >= this.#inboundMax && this.#largestBeside((now?.open ?? 0) + 1, site) === undefined)
      return this.#refuse('inbound');
    if (now !== undefined) {
      if (now.pending >= PENDING_PER_SITE_MAX) return this.#refuse('site-pending');
      if (now.open >= INBOUND_PER_SITE_MAX) return this.#refuse('site');
    }
    this.#count(connection, site);
    return false;
  };

  readonly denyInboundEncryptedConnection = (peer: PeerId, connection: MultiaddrConnection): boolean => {
    const id = peer.toString();
    if (this.#options.admission.isPenalized(id)) return this.#refuse('penalized');
    if (this.#options.policy?.allowPeer(id, 'inbound') === false) return this.#refuse('policy');
    const open = this.#perPeer.get(id) ?? 0;
    if (open >= CONNECTIONS_PER_PEER_MAX) return this.#refuse('peer');
    this.#perPeer.set(id, open + 1);
    connection.addEventListener(
      'close',
      () => {
        const left = (this.#perPeer.get(id) ?? 1) - 1;
        if (left > 0) this.#perPeer.set(id, left);
        else this.#perPeer.delete(id);
      },
      { once: true },
    );
    return false;
  };

  readonly denyInboundUpgradedConnection = (_peer: PeerId, connection: MultiaddrConnection): boolean => {
    const settle = this.#settled.get(connection);
    if (settle === undefined) return false;
    const site = settle();
    if (this.#open <= this.#inboundMax) return false;
    const larger = this.#largestBeside(site?.settled.size ?? 1, this.#siteOf(connection.remoteAddr));
    const last = larger === undefined ? undefined : [...larger.settled].at(-1);
    if (last === undefined) return this.#refuse('inbound');
    this.#refuse('share');
    last.abort(new Error('this place goes to a site that has fewer'));
    return false;
  };

  /**
   * The site with most connections, if it has more than `places` and gives one up to another for it. So the places of a full table go round by sites, and
   * no number of keys at few sites keeps out the others; the only connection of a site is never given up. Nothing is where sites are not told apart.
   */
  #largestBeside(places: number, site: string | undefined): Site | undefined {
    if (site === undefined) return undefined;
    let largest: Site | undefined;
    for (const one of this.#sites.values())
      if (one.settled.size > (largest?.settled.size ?? places)) largest = one;
    return largest;
  }

  /** Counts a connection until it closes, and as pending until its handshake is done. */
  #count(connection: MultiaddrConnection, name: string | undefined): void {
    this.#inbound += 1;
    const site = name === undefined ? undefined : (this.#sites.get(name) ?? noneOf());
    if (site !== undefined && name !== undefined) {
      site.open += 1;
      site.pending += 1;
      this.#sites.set(name, site);
    }
    let state: 'pending' | 'open' | 'closed' = 'pending';
    this.#settled.set(connection, () => {
      if (state !== 'pending') return site;
      state = 'open';
      this.#open += 1;
      if (site !== undefined) site.pending -= 1;
      site?.settled.add(connection);
      return site;
    });
    connection.addEventListener(
      'close',
      () => {
        if (state === 'open') this.#open -= 1;
        else if (site !== undefined) site.pending -= 1;
        state = 'closed';
        this.#inbound -= 1;
        if (site === undefined || name === undefined) return;
        site.open -= 1;
        site.settled.delete(connection);
        if (site.open === 0) this.#sites.delete(name);
      },
      { once: true },
    );
  }

  #siteOf(address: Multiaddr): string | undefined {
    const ip = ipOf(address);
    if (ip === undefined || (!this.#options.groupPrivate && !isGloballyRoutable(ip))) return undefined;
    return groupOf(ip, SITE_BITS);
  }

  #refuse(reason: string): true {
    this.#options.metrics.count('zerostate_connections_refused_total', { reason });
    return true;
  }
}

/** A site that nobody is connected from. */
function noneOf(): Site {
  return { open: 0, pending: 0, settled: new Set() };
}
