// Bounds what the host remembers of other peers, which the library does not: how many, and how many addresses of each. What a peer
// signed itself has the first places; what others say of it fills the rest, the newest first. No address ages away by itself: the
// library never renews the time at which it first saw one, so that every peer with a stable address would be forgotten.

import type { Address, PeerData, PeerId, PeerStore } from '@libp2p/interface';
import { Serial } from '../serial.ts';
import { ADDRESSES_KEPT_MAX, ADDRESSES_TOLD_MAX, PEERS_KEPT_MAX } from './limits.ts';

/** Entries that are looked at to find one to forget: those of peers that were never met go first. */
const LOOKED_AT_MAX = 32;

/** The changes of a peer store that this bounds. */
type Writes = Pick<PeerStore, 'save' | 'patch' | 'merge'>;

/** Bounds the writes of a peer store about others than `self`, in place. `load` reads what an earlier run left. */
export function boundPeers(store: PeerStore, self: PeerId): { load(): Promise<void> } {
  const serial = new Serial();
  /** Peers in the order of their last write, and whether they were met: who was, said what it speaks. */
  const known = new Map<string, { peer: PeerId; met: boolean }>();
  const plain: Writes = {
    save: store.save.bind(store),
    patch: store.patch.bind(store),
    merge: store.merge.bind(store),
  };

  async function note(peer: PeerId, met: boolean): Promise<void> {
    const id = peer.toString();
    known.delete(id);
    known.set(id, { peer, met });
    while (known.size > PEERS_KEPT_MAX) {
      const victim = worst(known);
      known.delete(victim.toString());
      await store.delete(victim);
    }
  }

  async function write(kind: keyof Writes, peer: PeerId, data: PeerData, options?: object) {
    const told = addressesOf(data);
    const before = told === undefined || kind !== 'merge' ? [] : await addressesIn(store, peer);
    const after = told === undefined ? undefined : bounded(before, told);
    if (after === undefined) {
      const done = await plain[kind](peer, data, options);
      await note(peer, done.protocols.length > 0);
      return done;
    }
    const { multiaddrs: _, addresses: __, ...rest } = data;
    // Merged by hand, because the library only ever adds.
    if (kind === 'merge' && Object.keys(rest).length > 0) await plain.merge(peer, rest, options);
    const done = await plain[kind === 'merge' ? 'patch' : kind](
      peer,
      kind === 'merge' ? { addresses: after } : { ...rest, addresses: after },
      options,
    );
    await note(peer, done.protocols.length > 0);
    return done;
  }

  const bound =
    (kind: keyof Writes): Writes['merge'] =>
    (peer, data, options) =>
      peer.equals(self)
        ? plain[kind](peer, data, options)
        : serial.run(peer.toString(), () => write(kind, peer, data, options));
  Object.assign(store, {
    save: bound('save'),
    patch: bound('patch'),
    merge: bound('merge'),
  } satisfies Writes);
  return {
    async load() {
      for (const { id, protocols } of await store.all()) await note(id, protocols.length > 0);
    },
  };
}

function addressesOf({ addresses, multiaddrs }: PeerData): Address[] | undefined {
  if (addresses === undefined && multiaddrs === undefined) return undefined;
  const plain = (multiaddrs ?? []).map((multiaddr) => ({ multiaddr, isCertified: false }));
  return [...(addresses ?? []), ...plain];
}

async function addressesIn(store: PeerStore, peer: PeerId): Promise<Address[]> {
  return await store.get(peer).then(
    ({ addresses }) => addresses,
    () => [],
  );
}

/** The addresses that are kept of those before and those told now. */
export function bounded(before: readonly Address[], told: readonly Address[]): Address[] {
  const kept = new Map<string, Address>();
  // In this order: a later one of the same text changes nothing.
  const signed = [...told, ...before].filter(({ isCertified }) => isCertified);
  const others = [...told, ...before].filter(({ isCertified }) => !isCertified);
  for (const address of signed)
    if (kept.size < ADDRESSES_KEPT_MAX - ADDRESSES_TOLD_MAX) kept.set(String(address.multiaddr), address);
  for (const address of others) {
    const text = String(address.multiaddr);
    if (kept.size < ADDRESSES_KEPT_MAX && !kept.has(text)) kept.set(text, address);
  }
  return [...kept.values()];
}

function worst(known: ReadonlyMap<string, { peer: PeerId; met: boolean }>): PeerId {
  let looked = 0;
  let oldest: PeerId | undefined;
  for (const { peer, met } of known.values()) {
    if (!met) return peer;
    oldest ??= peer;
    if (++looked === LOOKED_AT_MAX) break;
  }
  return oldest as PeerId;
}
