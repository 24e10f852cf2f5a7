// Merges into the host's store of peers that bring nothing new, and those that do.

import assert from 'node:assert/strict';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { PeerData } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { type PeerWriter, quietMerges } from '../../../node/host/quiet-merges.ts';

const ONE = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
const OTHER = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
const ADDRESS = multiaddr('/ip4/127.0.0.1/tcp/4001');
const MINUTE_MS = 60_000;

/** A store in memory that counts its merges. */
function rig() {
  const held = new Map<string, { protocols: Set<string>; addresses: Set<string> }>();
  const clock = { now: 0 };
  const counts = { merges: 0 };
  const peerOf = (id: string) => {
    const { protocols = new Set<string>(), addresses = new Set<string>() } = held.get(id) ?? {};
    return {
      protocols: [...protocols],
      addresses: [...addresses].map((text) => ({ multiaddr: multiaddr(text), isCertified: false })),
    };
  };
  const write = (id: string, data: PeerData, fresh: boolean) => {
    const before = fresh ? undefined : held.get(id);
    const protocols = new Set([...(before?.protocols ?? []), ...(data.protocols ?? [])]);
    const addresses = new Set([...(before?.addresses ?? []), ...(data.multiaddrs ?? []).map(String)]);
    held.set(id, { protocols, addresses });
    return peerOf(id);
  };
  const store = {
    async merge(id: object, data: PeerData) {
      counts.merges += 1;
      return write(String(id), data, false);
    },
    patch: async (id: object, data: PeerData) => write(String(id), data, true),
    save: async (id: object, data: PeerData) => write(String(id), data, true),
    delete: async (id: object) => void held.delete(String(id)),
  } as unknown as PeerWriter;
  quietMerges(store, () => clock.now);
  return { clock, counts, held: (id: object) => peerOf(String(id)), store };
}

describe('merges of peers', () => {
  it('what was merged is not merged again, and the answer is the same', async () => {
    const { counts, store } = rig();
    const first = await store.merge(ONE, { protocols: ['/a'], multiaddrs: [ADDRESS] });
    assert.deepEqual(await store.merge(ONE, { protocols: ['/a'] }), first);
    assert.deepEqual(await store.merge(ONE, { multiaddrs: [ADDRESS] }), first);
    assert.equal(counts.merges, 1);
  });

  it('anything new is merged', async () => {
    const { counts, held, store } = rig();
    await store.merge(ONE, { protocols: ['/a'] });
    await store.merge(ONE, { protocols: ['/a', '/b'] });
    await store.merge(OTHER, { protocols: ['/a'] });
    await store.merge(ONE, { multiaddrs: [ADDRESS] });
    assert.equal(counts.merges, 4);
    assert.deepEqual(held(ONE).protocols, ['/a', '/b']);
  });

  it('tags and metadata are always merged', async () => {
    const { counts, store } = rig();
    for (const data of [{ tags: { a: { value: 1 } } }, { metadata: { b: Uint8Array.of(1) } }] as PeerData[]) {
      await store.merge(ONE, data);
      await store.merge(ONE, data);
    }
    assert.equal(counts.merges, 4);
  });

  it('what was replaced or removed since is merged', async () => {
    for (const write of ['patch', 'save'] as const) {
      const { held, store } = rig();
      await store.merge(ONE, { protocols: ['/a'] });
      await store[write](ONE, { protocols: ['/b'] });
      await store.merge(ONE, { protocols: ['/b'] });
      await store.merge(ONE, { protocols: ['/a'] });
      assert.deepEqual(held(ONE).protocols, ['/b', '/a']);
    }
    const { held, store } = rig();
    await store.merge(ONE, { protocols: ['/a'] });
    await store.delete(ONE);
    await store.merge(ONE, { protocols: ['/a'] });
    assert.deepEqual(held(ONE).protocols, ['/a']);
  });

  it('what a replacement says is not merged after it', async () => {
    const { counts, store } = rig();
    await store.patch(ONE, { protocols: ['/a'], multiaddrs: [ADDRESS] });
    await store.merge(ONE, { protocols: ['/a'], multiaddrs: [ADDRESS] });
    assert.equal(counts.merges, 0);
  });

  it('an address is let through again after a while, also when protocols were meanwhile', async () => {
    const { clock, counts, store } = rig();
    await store.merge(ONE, { multiaddrs: [ADDRESS] });
    clock.now += 9 * MINUTE_MS;
    await store.merge(ONE, { protocols: ['/a'] });
    clock.now += 2 * MINUTE_MS;
    await store.merge(ONE, { multiaddrs: [ADDRESS] });
    await store.merge(ONE, { protocols: ['/a'] });
    assert.equal(counts.merges, 3);
  });
});
