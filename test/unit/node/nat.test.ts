// Who is asked whether an address can be reached dials it, and leaves the connection alone that it was asked over; a relay's own public
// addresses are announced at once. The library's AutoNAT is the real one, with everything around it made here.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { autoNAT } from '@libp2p/autonat';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { StreamHandler } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { streamPair } from '@libp2p/utils';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { dialledAnew, ownAddresses } from '../../../node/host/nat.ts';
import { quietLog } from '../../../node/host/quiet-log.ts';

const PUBLIC = multiaddr('/ip4/45.77.0.12/tcp/4001');

/** A member of a protobuf message, of less than 128 bytes. */
const field = (number: number, bytes: Uint8Array) => [number * 8 + 2, bytes.length, ...bytes];

/** AutoNAT's question: this peer, at this address. */
function question(peer: Uint8Array, address: Multiaddr): Uint8Array {
  const info = Uint8Array.from([...field(1, peer), ...field(2, address.bytes)]);
  const dial = Uint8Array.from(field(1, info));
  const message = Uint8Array.from([8, 0, ...field(2, dial)]);
  return Uint8Array.from([message.length, ...message]);
}

describe('reachability', () => {
  it('is tried with a dial of its own, and the connection that asks stays', async () => {
    const [me, asker] = await Promise.all(
      [0, 1].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))),
    );
    const closed: string[] = [];
    const connection = (name: string, remoteAddr: Multiaddr) => ({
      remotePeer: asker!,
      remoteAddr,
      close: async () => void closed.push(name),
    });
    const asking = connection('the one that asks', multiaddr(`/ip4/45.77.0.12/tcp/50018/p2p/${asker}`));
    let handler: StreamHandler | undefined;
    const service = dialledAnew(autoNAT({}))({
      peerId: me,
      logger: quietLog,
      registrar: {
        handle: async (_: string, given: StreamHandler) => {
          handler = given;
        },
        register: async () => 'topology',
        unhandle: async () => undefined,
      },
      addressManager: { getAddresses: () => [], getAddressesWithMetadata: () => [] },
      transportManager: { dialTransportForMultiaddr: () => ({}) },
      // As the library's: whoever does not insist gets what is up.
      connectionManager: {
        openConnection: async (target: Multiaddr, options?: { force?: boolean }) =>
          options?.force === true ? connection('the one that tries', target) : asking,
      },
    } as never) as { start(): Promise<void>; stop(): Promise<void> };
    await service.start();
    try {
      const [theirs, ours] = await streamPair();
      void handler?.(ours, asking as never);
      const answered = once(theirs as never, 'message');
      theirs.send(question(asker!.toMultihash().bytes, PUBLIC));
      await answered;
      assert.deepEqual(closed, ['the one that tries']);
    } finally {
      await service.stop();
    }
  });

  it('of a relay is taken for granted at first, of an edge where it named the address', () => {
    const heard = [
      '/ip4/45.77.0.12/tcp/4001',
      '/ip6/2a05::1/tcp/4001',
      '/ip4/45.77.0.11/tcp/4001/p2p/12D3KooWQk6zaau1nS5iASVMp2AAVo8GSob7YfpAAfZeZpo9pwso/p2p-circuit',
    ];
    const announced = (listen: string[], all: boolean) => {
      const confirmed: string[] = [];
      const events = new EventTarget();
      ownAddresses(
        listen,
        all,
      )({ events, addressManager: { confirmObservedAddr: (one: Multiaddr) => confirmed.push(String(one)) } });
      const detail = { getAddrs: () => heard.map((text) => multiaddr(text)) };
      events.dispatchEvent(new CustomEvent('transport:listening', { detail }));
      return confirmed;
    };
    assert.deepEqual(announced(['/ip4/0.0.0.0/tcp/0'], true), heard.slice(0, 2));
    assert.deepEqual(announced(['/ip4/0.0.0.0/tcp/0', '/p2p-circuit'], false), []);
    assert.deepEqual(announced(['/ip4/45.77.0.12/tcp/0', '/ip6/::/tcp/0'], false), heard.slice(0, 1));
  });
});
