// The host writes down what it learns of a peer with every stream that is opened, and for every peer that any answer names: read, decoded,
// encoded and written again, though nearly always nothing is new. Here what is known to be written is not merged again.

import type { PeerData, PeerId, PeerStore } from '@libp2p/interface';
import { RecentMap } from '../../protocol/bounded/index.ts';

/** A merge that brings nothing new is let through after this time, to keep the entry young: addresses and peers are forgotten by age, in a day and more. */
const AGAIN_MS = 600_000;
/** Peers remembered, some kB each; the one that was written longest ago goes first. */
const PEERS_MAX = 1_024;

type Peer = Awaited<ReturnType<PeerStore['merge']>>;
/** The store's members that write. */
export type PeerWriter = Pick<PeerStore, 'merge' | 'patch' | 'save' | 'delete'>;

interface Known {
  readonly peer: Peer;
  /** What the entry says, protocols and addresses, and when that was last let through. */
  readonly facts: ReadonlyMap<string, number>;
}

/** Makes a peer store pass over merges that bring nothing new. `now` in milliseconds, any steady clock. */
export function quietMerges(store: PeerWriter, now: () => number): void {
  const known = new RecentMap<string, Known>(PEERS_MAX);

  /** Notes what the store holds of a peer after a write. */
  function note(id: string, peer: Peer, data: PeerData): Peer {
    const before = known.get(id)?.facts;
    const said = new Set(factsOf(data));
    const at = now();
    const held = factsOf({
      protocols: peer.protocols,
      multiaddrs: peer.addresses.map((one) => one.multiaddr),
    });
    const facts = new Map(held.map((fact) => [fact, said.has(fact) ? at : (before?.get(fact) ?? at)]));
    known.set(id, { peer, facts });
    return peer;
  }

  const { merge, patch, save, delete: remove } = store;
  store.merge = async (id, data, options) => {
    const name = id.toString();
    const entry = known.get(name);
    if (entry !== undefined && saysNothingElse(data)) {
      const since = now() - AGAIN_MS;
      if (factsOf(data).every((fact) => (entry.facts.get(fact) ?? -Infinity) > since)) return entry.peer;
    }
    return note(name, await merge.call(store, id, data, options), data);
  };
  store.patch = async (id, data, options) =>
    note(id.toString(), await patch.call(store, id, data, options), data);
  store.save = async (id, data, options) =>
    note(id.toString(), await save.call(store, id, data, options), data);
  store.delete = async (id: PeerId, options) => {
    known.delete(id.toString());
    await remove.call(store, id, options);
    known.delete(id.toString());
  };
}

function factsOf({ protocols, multiaddrs }: PeerData): string[] {
  return [
    ...(protocols ?? []).map((protocol) => `protocol ${protocol}`),
    ...(multiaddrs ?? []).map((address) => `address ${address.toString()}`),
  ];
}

/** True when nothing but protocols and addresses is to be merged. */
function saysNothingElse({ protocols: _, multiaddrs: __, ...others }: PeerData): boolean {
  return Object.values(others).every((value) => value === undefined);
}
