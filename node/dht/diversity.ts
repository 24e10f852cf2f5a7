// Keeps the routing table from filling with one provider's addresses: peer ids are free, so without this a key's neighbourhood
// can be bought with one machine. Numbers and groups as in go-libp2p; the library has no such filter.

import type { Connection, PeerId } from '@libp2p/interface';
import { groupOf, ipOf, isGloballyRoutable, PROVIDER_BITS } from '../host/address-group.ts';
import { DHT_PER_GROUP_IN_BUCKET_MAX, DHT_PER_GROUP_IN_TABLE_MAX } from '../host/limits.ts';

interface Contact {
  readonly peerId: PeerId;
  readonly kadId: Uint8Array;
}
interface Leaf {
  readonly prefix: string;
  readonly peers: readonly Contact[];
}
type Bucket = Leaf | { readonly prefix: string; readonly left: Bucket; readonly right: Bucket };

/** The part of the library's routing table that is used here. */
export interface RoutingTable {
  readonly kb: {
    root: Bucket;
    verify: (contact: Contact, options?: { signal?: AbortSignal }) => Promise<boolean>;
    remove(kadId: Uint8Array): Promise<void>;
  };
  addEventListener(type: 'peer:add', listener: (event: CustomEvent<PeerId>) => void): void;
}

export interface DiversityOptions {
  /** Open connections to a peer: what it says of its addresses is no evidence, where its packets come from is. */
  readonly connectionsOf: (peer: PeerId) => readonly Connection[];
  /** Groups private and loopback addresses as well. */
  readonly groupPrivate: boolean;
  readonly onRefused: (peer: PeerId, group: string) => void;
}

/** Makes the table verify each new contact's group before it is added, and drop what slipped in at the same moment. */
export function diversify(table: RoutingTable, options: DiversityOptions): void {
  const groupOfPeer = (peer: PeerId) => groupOfConnections(options.connectionsOf(peer), options.groupPrivate);
  const groups = new Map<string, string | undefined>();
  const fits = (contact: Contact): boolean => {
    const group = groupOfPeer(contact.peerId);
    groups.set(contact.peerId.toString(), group);
    if (group === undefined) return true;
    const leaves = leavesOf(table.kb.root);
    const same = ({ peerId }: Contact) =>
      !peerId.equals(contact.peerId) && groups.get(peerId.toString()) === group;
    const inTable = leaves.flatMap((leaf) => leaf.peers.filter(same)).length;
    const bits = bitsOf(contact.kadId);
    const inBucket = leaves.find((leaf) => bits.startsWith(leaf.prefix))?.peers.filter(same).length ?? 0;
    const ok = inTable < DHT_PER_GROUP_IN_TABLE_MAX && inBucket < DHT_PER_GROUP_IN_BUCKET_MAX;
    if (!ok) options.onRefused(contact.peerId, group);
    return ok;
  };
  const verify = table.kb.verify;
  // The library's own check pings the peer first, so there is a connection to judge by.
  table.kb.verify = async (contact, verifyOptions) => (await verify(contact, verifyOptions)) && fits(contact);
  table.addEventListener('peer:add', ({ detail: peer }) => {
    const contact = contactOf(table, peer);
    if (contact !== undefined && !fits(contact)) void table.kb.remove(contact.kadId);
    const alive = new Set(
      leavesOf(table.kb.root).flatMap((leaf) => leaf.peers.map((one) => one.peerId.toString())),
    );
    for (const id of groups.keys()) if (!alive.has(id)) groups.delete(id);
  });
}

/** Peers in the table. */
export function contactsOf(table: RoutingTable): PeerId[] {
  return leavesOf(table.kb.root).flatMap((leaf) => leaf.peers.map((contact) => contact.peerId));
}

/** The group that a peer's connections come from; undefined when that is not to be limited. */
export function groupOfConnections(
  connections: readonly Connection[],
  groupPrivate: boolean,
): string | undefined {
  for (const { remoteAddr } of connections) {
    const ip = ipOf(remoteAddr);
    if (ip !== undefined && (groupPrivate || isGloballyRoutable(ip))) return groupOf(ip, PROVIDER_BITS);
  }
  return undefined;
}

function contactOf(table: RoutingTable, peer: PeerId): Contact | undefined {
  return leavesOf(table.kb.root)
    .flatMap((leaf) => leaf.peers)
    .find((contact) => contact.peerId.equals(peer));
}

function leavesOf(bucket: Bucket): Leaf[] {
  return 'peers' in bucket ? [bucket] : [...leavesOf(bucket.left), ...leavesOf(bucket.right)];
}

function bitsOf(kadId: Uint8Array): string {
  return Array.from(kadId, (byte) => byte.toString(2).padStart(8, '0')).join('');
}
