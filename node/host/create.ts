// Makes the libp2p host of a node: transports, security, DHT, gossip, relay. Every limit is passed explicitly (limits.ts).

import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { gossipsub } from '@libp2p/gossipsub';
import { identify, identifyPush } from '@libp2p/identify';
import { FaultTolerance, type PrivateKey } from '@libp2p/interface';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';
import type { DhtRules } from '../dht/rules.ts';
import { gossipOptions } from '../gossip/options.ts';
import type { Database } from '../storage/index.ts';
import { datastoreOver } from './datastore.ts';
import * as limits from './limits.ts';

export interface HostOptions {
  readonly privateKey: PrivateKey;
  readonly db: Database;
  readonly network: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly maxConnections: number;
  /** True for the relay role: this node forwards for peers that cannot be dialled. */
  readonly relay: boolean;
  readonly dhtRules: DhtRules;
  readonly topics: readonly string[];
  readonly messageId: (data: Uint8Array) => Uint8Array;
  readonly version: string;
}

/** Makes the host, not started. */
export async function createHost(options: HostOptions) {
  const relayTransport = circuitRelayTransport({ reservationConcurrency: 1 });
  const muxer = yamux({
    maxInboundStreams: limits.STREAMS_PER_CONNECTION_MAX,
    maxOutboundStreams: limits.STREAMS_PER_CONNECTION_MAX,
    streamOptions: {
      inactivityTimeout: limits.STREAM_IDLE_MS_MAX,
      maxReadBufferLength: limits.STREAM_READ_BUFFER_BYTES_MAX,
      maxWriteBufferLength: limits.STREAM_WRITE_BUFFER_BYTES_MAX,
    },
  });
  return await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    datastore: datastoreOver(options.db),
    nodeInfo: { userAgent: `zerostate/${options.version}` },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [
      tcp({ maxConnections: options.maxConnections, backlog: limits.PENDING_CONNECTIONS_MAX }),
      relayTransport,
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer],
    // A relay that is down at start must not stop the node: it re-reserves when the relay is back.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections: options.maxConnections,
      maxIncomingPendingConnections: limits.PENDING_CONNECTIONS_MAX,
      inboundConnectionThreshold: limits.INBOUND_PER_SECOND_MAX,
      dialTimeout: limits.DIAL_MS_MAX,
      addressDialTimeout: limits.DIAL_MS_MAX,
      inboundUpgradeTimeout: limits.UPGRADE_MS_MAX,
      inboundStreamProtocolNegotiationTimeout: limits.UPGRADE_MS_MAX,
      outboundStreamProtocolNegotiationTimeout: limits.UPGRADE_MS_MAX,
      maxPeerAddrsToDial: limits.ADDRESSES_PER_PEER_MAX,
    },
    connectionMonitor: { enabled: true, pingInterval: 10_000, abortConnectionOnPingFailure: true },
    peerStore: { maxAddressAge: limits.ADDRESS_AGE_MS_MAX, maxPeerAge: limits.PEER_AGE_MS_MAX },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      dht: kadDHT({
        protocol: `/zerostate/${options.network}/kad/1.0.0`,
        kBucketSize: limits.DHT_K,
        alpha: limits.DHT_ALPHA,
        disjointPaths: limits.DHT_ALPHA,
        clientMode: false,
        peerInfoMapper: passthroughMapper,
        // True lets the random walk that looks for relays spin without a pause while no peer is connected, and starves the process.
        allowQueryWithZeroPeers: false,
        validators: options.dhtRules.validators,
        selectors: options.dhtRules.selectors,
      }),
      pubsub: gossipsub(gossipOptions(options.topics, options.messageId)),
      ...(options.relay
        ? {
            relay: circuitRelayServer({
              hopTimeout: limits.UPGRADE_MS_MAX,
              reservations: {
                maxReservations: limits.RELAY_RESERVATIONS_MAX,
                reservationTtl: limits.RELAY_RESERVATION_MS,
                defaultDataLimit: limits.RELAY_CIRCUIT_BYTES_MAX,
                defaultDurationLimit: limits.RELAY_CIRCUIT_MS,
              },
            }),
          }
        : {}),
    },
  });
}

/** The libp2p host of a node. */
export type Host = Awaited<ReturnType<typeof createHost>>;
