// Who may connect: caps for each site (so that one place cannot take every slot), a share of connections kept for dialling out,
// and nobody who is shut out.

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
}

/** The gate of one host. */
export class Gater implements ConnectionGater {
  readonly #options: GaterOptions;
  readonly #sites = new Map<string, Site>();
  readonly #settled = new WeakMap<MultiaddrConnection, () => void>();
  readonly #perPeer = new Map<string, number>();
  readonly #inboundMax: number;
  #inbound = 0;

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
    if (this.#inbound >= this.#inboundMax) return this.#refuse('inbound');
    const site = this.#siteOf(connection.remoteAddr);
    if (site !== undefined) {
      const now = this.#sites.get(site) ?? { open: 0, pending: 0 };
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
    this.#settled.get(connection)?.();
    return false;
  };

  /** Counts a connection until it closes, and as pending until its handshake is done. */
  #count(connection: MultiaddrConnection, name: string | undefined): void {
    this.#inbound += 1;
    const site = name === undefined ? undefined : (this.#sites.get(name) ?? { open: 0, pending: 0 });
    if (site !== undefined && name !== undefined) {
      site.open += 1;
      site.pending += 1;
      this.#sites.set(name, site);
    }
    let pending = true;
    const settle = () => {
      if (pending && site !== undefined) site.pending -= 1;
      pending = false;
    };
    this.#settled.set(connection, settle);
    connection.addEventListener(
      'close',
      () => {
        settle();
        this.#inbound -= 1;
        if (site === undefined || name === undefined) return;
        site.open -= 1;
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
