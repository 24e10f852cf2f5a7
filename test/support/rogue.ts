// A peer that misbehaves on purpose: a bare libp2p host that speaks a test network's protocols, with parts to be replaced.

import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { Libp2pRecord } from '@libp2p/record';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { TOPIC_NAMES, topicOf } from '../../node/gossip/index.ts';

/** What a DHT request or answer holds, as far as the tests need it. */
export interface DhtMessage {
  readonly type: string;
  readonly key: Uint8Array;
  readonly record?: Uint8Array;
  readonly closer: unknown[];
  readonly providers: unknown[];
}

type Handler = (peer: PeerId, message: DhtMessage) => Promise<DhtMessage | undefined>;

interface DhtInside {
  readonly rpc: { readonly handlers: Record<string, { handle: Handler }> };
  readonly network: {
    sendRequest(
      peer: PeerId,
      message: Partial<DhtMessage>,
      options: { signal: AbortSignal },
    ): AsyncIterable<{ name: string; record?: { value: Uint8Array } }>;
  };
}

export interface RogueOptions {
  readonly network?: string;
  /** Address of 127.0.0.0/8 that it listens on and dials from. */
  readonly ip?: string;
  readonly gossip?: boolean;
  readonly privateKey?: PrivateKey;
  /** Address of a relay where it reserves a place, instead of listening. */
  readonly relay?: string;
  /** True to be announced under the name localhost: a name counts as public, an address of 127.0.0.0/8 does not. */
  readonly isNamed?: boolean;
  /** True to dial nobody: its DHT would, when who dialled it has hung up. */
  readonly isPassive?: boolean;
}

function named(addresses: Multiaddr[]): Multiaddr[] {
  return addresses.map((one) =>
    multiaddr(String(one).replace(/^\/ip4\/127\.\d+\.\d+\.\d+/, '/dns4/localhost')),
  );
}

/** Longest wait for an answer: far above what it takes, so that only silence reaches it. */
const ANSWER_MS_MAX = 20_000;

/** Starts a rogue. Stop it with `await using` or stop(). */
export async function startRogue(options: RogueOptions = {}) {
  const { network = 'test', ip = '127.0.0.1', gossip = false } = options;
  const topics = TOPIC_NAMES.map((name) => topicOf(network, name));
  const host = await createLibp2p({
    privateKey: options.privateKey ?? (await generateKeyPair('Ed25519')),
    addresses: {
      listen: [options.relay === undefined ? `/ip4/${ip}/tcp/0` : `${options.relay}/p2p-circuit`],
      ...(options.isNamed === true ? { announceFilter: named } : {}),
    },
    transports: [
      // The option reaches net.connect, though its type does not name it.
      tcp({ dialOpts: { localAddress: ip } as object }),
      ...(options.relay === undefined && options.isNamed !== true ? [] : [circuitRelayTransport()]),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(options.isPassive === true ? { connectionGater: { denyDialPeer: () => true } } : {}),
    connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 100 },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({
        protocol: `/zerostate/${network}/kad/1.0.0`,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        // It keeps whatever it is given.
        validators: { 'zs-card': async () => {} },
        selectors: { 'zs-card': () => 0 },
      }),
      ...(gossip
        ? {
            pubsub: gossipsub({
              allowedTopics: topics,
              globalSignaturePolicy: 'StrictNoSign',
              allowPublishToZeroTopicPeers: true,
              floodPublish: true,
            }),
          }
        : {}),
    },
  });
  const inside = host.services.dht as unknown as DhtInside;
  for (const topic of topics) host.services.pubsub?.subscribe(topic);
  return {
    host,
    peerId: host.peerId.toString(),
    /** Answers DHT requests of one kind in its own way. */
    answer(kind: 'GET_VALUE' | 'PUT_VALUE' | 'FIND_NODE', handle: Handler): void {
      inside.rpc.handlers[kind] = { handle };
    },
    /** Puts a record at one peer; answers whether the peer took it. */
    async put(address: string, key: Uint8Array, value: Uint8Array): Promise<boolean> {
      const { remotePeer } = await host.dial(multiaddr(address));
      const record = new Libp2pRecord(key, value, new Date()).serialize();
      const request = { type: 'PUT_VALUE', key, record };
      for await (const event of inside.network.sendRequest(remotePeer, request, {
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      }))
        if (event.name === 'PEER_RESPONSE') return true;
      return false;
    },
    /** Asks a connected peer something small over a stream of its own; answers whether there was an answer. */
    async ask(peer: PeerId): Promise<boolean> {
      const request = { type: 'PING' };
      for await (const event of inside.network.sendRequest(peer, request, {
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      }))
        if (event.name === 'PEER_RESPONSE') return true;
      return false;
    },
    dial: (address: string) => host.dial(multiaddr(address)),
    stop: () => host.stop(),
    [Symbol.asyncDispose]: async () => {
      await host.stop();
    },
  };
}

export type Rogue = Awaited<ReturnType<typeof startRogue>>;

/** A record as DHT messages carry it. */
export function recordOf(key: Uint8Array, value: Uint8Array): Uint8Array {
  return new Libp2pRecord(key, value, new Date()).serialize();
}
