// Makes the libp2p host of a node: transports, security, DHT, gossip, relay. Every limit is passed explicitly (limits.ts).

import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { gossipsub } from '@libp2p/gossipsub';
import { identify, identifyPush } from '@libp2p/identify';
import { FaultTolerance, type PrivateKey } from '@libp2p/interface';
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht';
import { mdns } from '@libp2p/mdns';
import { peerIdFromString } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import type { Admission } from '../admission/index.ts';
import { diversify, type RoutingTable } from '../dht/diversity.ts';
import { type DhtNetwork, keepStreams } from '../dht/kept-streams.ts';
import { meterRequests } from '../dht/metered-requests.ts';
import type { RecordStore } from '../dht/record-store.ts';
import { chargedRules, type DhtRules } from '../dht/rules.ts';
import { gossipOptions } from '../gossip/options.ts';
import type { TopicName } from '../gossip/topics.ts';
import type { Metrics } from '../metrics/index.ts';
import { type LinkComponents, Links } from '../routing/links.ts';
import { encrypter } from './encrypter.ts';
import { type ConnectionPolicy, Gater } from './gater.ts';
import { guardConnection, guarded } from './guard.ts';
import { Heartbeat, type HeartbeatComponents } from './heartbeat.ts';
import * as limits from './limits.ts';
import type { Listening } from './listening.ts';
import { boundedCircuits, boundedDht } from './message-bounds.ts';
import { streamMuxer } from './muxer.ts';
import { natServices, ownAddresses } from './nat.ts';
import { OuterPort } from './outer-port.ts';
import { boundPeers } from './peer-bounds.ts';
import { rememberPeers } from './peer-memory.ts';
import { quietLog } from './quiet-log.ts';
import { quietMerges } from './quiet-merges.ts';
import { freeSlots, type RelayWatch, watchedCircuits, watchedRelay } from './relay-watch.ts';
import { smallSlabs } from './slabs.ts';

export interface HostOptions {
  readonly privateKey: PrivateKey;
  readonly records: RecordStore;
  readonly admission: Admission;
  readonly metrics: Metrics;
  readonly network: string;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  /** Remembers what could not be listened on. */
  readonly listening: Listening;
  readonly maxConnections: number;
  /** Counts private and loopback addresses by network too. */
  readonly groupPrivate: boolean;
  readonly mdns: boolean;
  readonly nat: boolean;
  /** True for roles that exist to be dialled: all addresses of the machine that it listens on are announced at once. */
  readonly vouched: boolean;
  /** True for the relay role: this node forwards for peers that cannot be dialled. */
  readonly relay: boolean;
  /** Told of what it forwards. */
  readonly relayWatch: RelayWatch;
  /** Asked about every connection and circuit. */
  readonly policy?: ConnectionPolicy | undefined;
  readonly dhtRules: DhtRules;
  readonly topics: Readonly<Record<TopicName, string>>;
  readonly messageId: (data: Uint8Array) => Uint8Array;
  readonly version: string;
  /** Lets the library log by itself, as the environment's DEBUG says. */
  readonly libraryLog: boolean;
  /** For a simulated network; TCP, WebSockets and Noise without it. */
  readonly carrier?: Carrier | undefined;
}

/** What carries the bytes of a host in place of its own transports, and of Noise when it says so. */
export interface Carrier {
  readonly transports: NonNullable<Libp2pOptions['transports']>;
  readonly encrypters?: NonNullable<Libp2pOptions['connectionEncrypters']>;
}

/** Parts of the library's DHT that its type does not name. */
interface DhtInside {
  readonly network: DhtNetwork;
  readonly routingTable: RoutingTable;
  readonly rpc: Parameters<typeof meterRequests>[0];
}

/** Makes the host, not started. */
export async function createHost(options: HostOptions) {
  smallSlabs();
  const { admission, metrics } = options;
  const guard = { admission, metrics };
  const gater = new Gater({
    admission,
    metrics,
    maxConnections: options.maxConnections,
    groupPrivate: options.groupPrivate,
    policy: options.policy,
    relay: options.relayWatch,
  });
  const rules = chargedRules(options.dhtRules, admission);
  const dhtProtocol = `/zerostate/${options.network}/kad/1.0.0`;
  const relayTransport = watchedCircuits(
    options.relayWatch,
    boundedCircuits(circuitRelayTransport({ reservationConcurrency: 1 })),
  );
  const streamsMax = options.relay
    ? limits.STREAMS_PER_RELAY_CONNECTION_MAX
    : limits.STREAMS_PER_CONNECTION_MAX;
  const muxer = streamMuxer({
    // Ours is the heartbeat.
    enableKeepAlive: false,
    maxInboundStreams: streamsMax,
    maxOutboundStreams: streamsMax,
    streamOptions: {
      inactivityTimeout: limits.STREAM_IDLE_MS_MAX,
      maxReadBufferLength: limits.STREAM_READ_BUFFER_BYTES_MAX,
      maxWriteBufferLength: limits.STREAM_WRITE_BUFFER_BYTES_MAX,
      maxStreamWindowSize: options.relay
        ? limits.RELAY_STREAM_WINDOW_BYTES_MAX
        : limits.STREAM_WINDOW_BYTES_MAX,
    },
  });
  const tcpTransport = tcp({
    // With room for those that shake hands while all places are taken: the gater gives some of them one.
    maxConnections: options.maxConnections + limits.PENDING_CONNECTIONS_MAX,
    backlog: limits.PENDING_CONNECTIONS_MAX,
  });
  const outer = new OuterPort();
  const host = await createLibp2p({
    start: false,
    privateKey: options.privateKey,
    ...(options.libraryLog ? {} : { logger: quietLog }),
    datastore: rememberPeers(options.records),
    connectionGater: gater,
    nodeInfo: { userAgent: `zerostate/${options.version}` },
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [
      ...(options.carrier?.transports ?? [
        options.listening.watch(webSockets({})),
        options.listening.watch(options.nat ? outer.watch(tcpTransport) : tcpTransport),
      ]),
      relayTransport,
    ],
    ...(options.mdns
      ? {
          peerDiscovery: [
            mdns({ serviceTag: `_zs-${options.network}._udp.local`, interval: limits.MDNS_MS }),
          ],
        }
      : {}),
    connectionEncrypters: options.carrier?.encrypters ?? [encrypter()],
    streamMuxers: [muxer],
    // A relay that is down at start must not stop the node: it re-reserves when the relay is back.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionManager: {
      maxConnections: options.maxConnections,
      maxIncomingPendingConnections: limits.PENDING_CONNECTIONS_MAX,
      inboundConnectionThreshold: limits.INBOUND_PER_SECOND_MAX,
      maxParallelDials: limits.DIALS_MAX,
      maxDialQueueLength: limits.DIALS_WAITING_MAX,
      dialTimeout: limits.DIAL_MS_MAX,
      addressDialTimeout: limits.DIAL_MS_MAX,
      inboundUpgradeTimeout: limits.UPGRADE_MS_MAX,
      inboundStreamProtocolNegotiationTimeout: limits.UPGRADE_MS_MAX,
      outboundStreamProtocolNegotiationTimeout: limits.UPGRADE_MS_MAX,
      maxPeerAddrsToDial: limits.ADDRESSES_PER_PEER_MAX,
    },
    // Ours is the heartbeat.
    connectionMonitor: { enabled: false },
    peerStore: { maxAddressAge: limits.PEER_AGE_MS_MAX, maxPeerAge: limits.PEER_AGE_MS_MAX },
    services: {
      identify: guarded(guard, identify()),
      identifyPush: guarded(guard, identifyPush()),
      // For those who ask; this node asks with its heartbeat.
      ping: guarded(guard, ping()),
      heartbeat: (components: unknown) => new Heartbeat(components as HeartbeatComponents),
      links: (components: unknown) => new Links(components as LinkComponents),
      dht: guarded(
        guard,
        boundedDht(
          kadDHT({
            protocol: dhtProtocol,
            kBucketSize: limits.DHT_K,
            alpha: limits.DHT_ALPHA,
            disjointPaths: limits.DHT_ALPHA,
            clientMode: false,
            peerInfoMapper: passthroughMapper,
            // True lets the walk for relays spin without a pause while no peer is connected, and starves the process.
            allowQueryWithZeroPeers: false,
            initialQuerySelfInterval: limits.DHT_FIRST_SELF_QUERY_MS,
            querySelfInterval: limits.DHT_SELF_QUERY_EVERY_MS,
            networkDialTimeout: {
              minTimeout: limits.DHT_REQUEST_MS_MIN,
              maxTimeout: limits.DHT_REQUEST_MS_MAX,
            },
            reprovide: {
              concurrency: limits.DHT_REPROVIDES_AT_ONCE,
              interval: limits.DHT_REPROVIDE_MS,
              threshold: limits.DHT_RECORD_AGE_MS_MAX / 2,
              validity: limits.DHT_RECORD_AGE_MS_MAX,
              maxQueueSize: limits.DHT_REPROVIDES_WAITING_MAX,
            },
            maxInboundStreams: limits.DHT_STREAMS_IN_MAX,
            maxOutboundStreams: limits.DHT_STREAMS_OUT_MAX,
            validators: rules.validators,
            selectors: rules.selectors,
          }),
        ),
      ),
      pubsub: guarded(
        guard,
        gossipsub(
          gossipOptions({
            topics: options.topics,
            messageId: options.messageId,
            isPenalized: (peer) => admission.isPenalized(peer),
          }),
        ),
      ),
      ...(options.nat ? natServices(guard, options.network, outer) : {}),
      ownAddresses: ownAddresses(options.listen, options.vouched || !options.nat),
      ...(options.relay
        ? {
            relay: watchedRelay(
              options.relayWatch,
              boundedCircuits(
                circuitRelayServer({
                  hopTimeout: limits.UPGRADE_MS_MAX,
                  reservations: {
                    maxReservations: limits.RELAY_RESERVATIONS_MAX,
                    reservationTtl: limits.RELAY_RESERVATION_MS,
                    defaultDataLimit: limits.RELAY_CIRCUIT_BYTES_MAX,
                    defaultDurationLimit: limits.RELAY_CIRCUIT_MS,
                  },
                }),
              ),
            ),
          }
        : {}),
    },
  });
  // The library reads every id anew from its text, for each caller: a twentieth of all the work of a node with forty peers.
  host.getPeers = () => [
    ...new Map(host.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer])).values(),
  ];
  await boundPeers(host.peerStore, host.peerId).load();
  const dht = host.services.dht as unknown as DhtInside;
  meterRequests(dht.rpc, guard, dhtProtocol);
  const kept = keepStreams(dht.network);
  const stop = host.stop.bind(host);
  host.stop = async () => {
    // Before the connections close, which would wait for them.
    kept.stop();
    await stop();
  };
  diversify(dht.routingTable, {
    connectionsOf: (peer) => host.getConnections(peer),
    groupPrivate: options.groupPrivate,
    onRefused: () => metrics.count('zerostate_dht_contacts_refused_total'),
  });
  // Around the bounds: what is passed over here costs nothing at all.
  quietMerges(host.peerStore, () => performance.now());
  host.addEventListener('connection:open', ({ detail }) => {
    guardConnection(guard, detail);
    host.services.links.opened(detail);
  });
  // Who is shut out goes at once; the gater keeps it out until its time is over.
  admission.onPenalty((peer) => void host.hangUp(peerIdFromString(peer)).catch(() => undefined));
  // So does whom a new policy refuses: whoever writes one means those that are connected as well.
  options.policy?.onChange(() => {
    for (const { direction, remotePeer } of host.getConnections())
      if (options.policy?.allowPeer(remotePeer.toString(), direction) === false)
        void host.hangUp(remotePeer).catch(() => undefined);
  });
  freeSlots(host);
  return host;
}

/** The libp2p host of a node. */
export type Host = Awaited<ReturnType<typeof createHost>>;
