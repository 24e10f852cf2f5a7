// What the host remembers of others is bounded, renewed by themselves, and not for strangers to fill.

import assert from 'node:assert/strict';
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { ADDRESSES_KEPT_MAX, ADDRESSES_TOLD_MAX, PEERS_KEPT_MAX } from '../../../node/host/limits.ts';
import { bounded } from '../../../node/host/peer-bounds.ts';
import { publicKeyOfSeed, sha256 } from '../../../protocol/crypto/index.ts';
import { TestNodes } from '../../support/nodes.ts';

function peer(n: number): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(publicKeyOfSeed(sha256(new Uint8Array([n >> 8, n & 255])))));
}

const address = (n: number): Multiaddr => multiaddr(`/ip4/10.1.${n >> 8}.${n & 255}/tcp/4001`);
const signed = (n: number) => ({ multiaddr: address(n), isCertified: true });
const told = (n: number) => ({ multiaddr: address(n), isCertified: false });
const texts = (list: readonly { multiaddr: Multiaddr }[]) => list.map((one) => String(one.multiaddr)).sort();
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe('what the host remembers of peers', function () {
  this.timeout(60_000);

  it('keeps of a peer’s addresses those it signed, and the newest of what others say', () => {
    const before = bounded([], [signed(1), signed(2)]);
    const after = bounded(before, range(100, 50).map(told));
    assert.equal(after.length, ADDRESSES_KEPT_MAX);
    assert.deepEqual(texts(after.slice(0, 2)), texts([signed(1), signed(2)]));
    const later = bounded(after, [told(900)]);
    assert.equal(later.length, ADDRESSES_KEPT_MAX);
    assert.ok(texts(later).includes(String(address(900))));
  });

  it('leaves room for what others say beside ever so many signed ones', () => {
    const before = bounded([], range(1, 40).map(signed));
    assert.equal(before.length, ADDRESSES_KEPT_MAX - ADDRESSES_TOLD_MAX);
    assert.ok(texts(bounded(before, [told(900)])).includes(String(address(900))));
  });

  it('does not let the addresses of one peer multiply in the store, whoever tells them', async () => {
    await using nodes = new TestNodes();
    const { peerStore } = (await nodes.start('node')).node.host;
    await peerStore.patch(peer(1), { addresses: [signed(1)], protocols: ['/test'] });
    // As the DHT does with what others say of a peer, one after another and at once.
    for (const n of range(100, 50)) await peerStore.merge(peer(1), { multiaddrs: [address(n)] });
    await Promise.all(range(200, 50).map((n) => peerStore.merge(peer(1), { multiaddrs: [address(n)] })));
    const { addresses, protocols } = await peerStore.get(peer(1));
    assert.equal(addresses.length, ADDRESSES_KEPT_MAX);
    assert.ok(addresses.some(({ multiaddr: one, isCertified }) => isCertified && one.equals(address(1))));
    assert.deepEqual(protocols, ['/test']);
    await peerStore.patch(peer(1), { addresses: [signed(2)] });
    assert.deepEqual(texts((await peerStore.get(peer(1))).addresses), [String(address(2))]);
  });

  it('forgets names that were only mentioned before it forgets a peer that it met', async () => {
    await using nodes = new TestNodes();
    const { peerStore } = (await nodes.start('node')).node.host;
    await peerStore.patch(peer(0), { addresses: [signed(1)], protocols: ['/test'] });
    for (const n of range(1, PEERS_KEPT_MAX + 50))
      await peerStore.merge(peer(n), { multiaddrs: [address(n)] });
    assert.equal((await peerStore.all()).length, PEERS_KEPT_MAX);
    assert.ok(await peerStore.has(peer(0)));
  });

  it('knows a peer’s address longer than a day after it first saw it', async () => {
    await using nodes = new TestNodes();
    const { peerStore } = (await nodes.start('node')).node.host;
    const real = Date.now;
    try {
      // It comes again and again, always at the same address.
      for (let hours = 0; hours <= 72; hours += 12) {
        Date.now = () => real() + hours * 3_600_000;
        await peerStore.patch(peer(1), { addresses: [signed(1)], protocols: ['/test'] });
        assert.deepEqual(texts((await peerStore.get(peer(1))).addresses), [String(address(1))]);
      }
      // And it is still known when this node comes back from a year's absence.
      Date.now = () => real() + 365 * 24 * 3_600_000;
      assert.deepEqual(texts((await peerStore.get(peer(1))).addresses), [String(address(1))]);
    } finally {
      Date.now = real;
    }
  });
});
