// Every bound of the libp2p host, with its reason. Nothing is inherited from library defaults.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Connections that wait for their handshake: a burst of dials from one place, not a flood. */
export const PENDING_CONNECTIONS_MAX = 32;
/** New connections a second from one address. Library default 5 makes 7 of 12 simultaneous dials fail. */
export const INBOUND_PER_SECOND_MAX = 64;
/** Streams that one connection may have open in each direction. */
export const STREAMS_PER_CONNECTION_MAX = 64;
/** Bytes a stream may hold for a slow reader; twice the largest message, so that framing fits. */
export const STREAM_READ_BUFFER_BYTES_MAX = 16 * MIB;
/** Bytes a stream may hold for a slow peer. The library's default has no limit. */
export const STREAM_WRITE_BUFFER_BYTES_MAX = 16 * MIB;
/** A stream that moves nothing for this long is dead. */
export const STREAM_IDLE_MS_MAX = 120_000;
/** A dial that takes longer is lost. */
export const DIAL_MS_MAX = 8_000;
/** Handshake and protocol negotiation; several encryptions on a busy machine take seconds. */
export const UPGRADE_MS_MAX = 10_000;
/** How long stop() may take before the process goes on without it. */
export const STOP_MS_MAX = 5_000;
/** Addresses of one peer that are tried at most. */
export const ADDRESSES_PER_PEER_MAX = 8;
/** Address of a peer is forgotten after this time unless it is seen again. */
export const ADDRESS_AGE_MS_MAX = 24 * 3_600_000;
/** A peer is forgotten after this time: long enough to rejoin after a holiday. */
export const PEER_AGE_MS_MAX = 30 * 24 * 3_600_000;

/** Kademlia bucket size (replication parameter k) and lookup parallelism (alpha), as in the Kademlia paper. */
export const DHT_K = 20;
export const DHT_ALPHA = 3;
/** Largest value that the DHT carries: an agent card (64 KiB payload at most) with its envelope. */
export const DHT_VALUE_BYTES_MAX = 68 * KIB;

/** Largest gossip message: an announcement carries a card or statement envelope. */
export const GOSSIP_MESSAGE_BYTES_MAX = 64 * KIB;
/** Largest gossip RPC: several messages at once. */
export const GOSSIP_RPC_BYTES_MAX = 1 * MIB;
/** Bytes that wait for one slow gossip peer. */
export const GOSSIP_OUTBOUND_BYTES_MAX = 4 * MIB;

/** Circuit relay: clients with a reservation at once. Library default: 15. */
export const RELAY_RESERVATIONS_MAX = 256;
/** Circuit relay: lifetime of a reservation. */
export const RELAY_RESERVATION_MS = 3_600_000;
/** Circuit relay: bytes of one relayed connection. Library default 128 KiB, less than one task with its module. */
export const RELAY_CIRCUIT_BYTES_MAX = BigInt(64 * MIB);
/** Circuit relay: lifetime of one relayed connection. */
export const RELAY_CIRCUIT_MS = 30 * 60_000;
