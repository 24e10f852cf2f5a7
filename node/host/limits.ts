// Every bound of the libp2p host, with its reason. Nothing is inherited from library defaults.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Connections that wait for their handshake: a burst of dials, not a flood. */
export const PENDING_CONNECTIONS_MAX = 64;
/** Of these, from one site (/24 or /48): half-open connections of one place leave room for everybody else. */
export const PENDING_PER_SITE_MAX = 16;
/** Inbound connections from one site, in handshake or open: an office behind one address, not the whole table. */
export const INBOUND_PER_SITE_MAX = 32;
/** Share of all connections that may come in: the rest stays free for dialling out, so that strangers cannot choose all peers. */
export const INBOUND_SHARE_MAX = 0.9;
/** Inbound connections of one peer: one for each transport, and one that is being replaced. */
export const CONNECTIONS_PER_PEER_MAX = 4;
/** Dials under way at once, and those that wait. Library defaults: 100 and 500. */
export const DIALS_MAX = 32;
export const DIALS_WAITING_MAX = 256;
/** New connections a second from one address. Library default 5 makes 7 of 12 simultaneous dials fail. */
export const INBOUND_PER_SECOND_MAX = 64;
/** Streams that one connection may have open in each direction. */
export const STREAMS_PER_CONNECTION_MAX = 64;
/** The same for a relay, whose connections to other relays carry the streams of many; each protocol has its own, smaller bound. */
export const STREAMS_PER_RELAY_CONNECTION_MAX = 1_280;
/** Largest window of one stream at a relay: what a link has under way. It bounds what a relay holds for one slow reader. */
export const RELAY_STREAM_WINDOW_BYTES_MAX = 1 * MIB;
/** Bytes a stream may hold for a slow reader; twice the largest message, so that framing fits. */
export const STREAM_READ_BUFFER_BYTES_MAX = 16 * MIB;
/** Bytes a stream may hold for a slow peer. The library's default has no limit. */
export const STREAM_WRITE_BUFFER_BYTES_MAX = 16 * MIB;
/** Bytes of one stream that a peer may have under way at most, where the node is no relay: what the muxer's own windows grow to. */
export const STREAM_WINDOW_BYTES_MAX = 16 * MIB;
/** Frames without data that wait for a peer that does not read, some 700 bytes each: the ends of all streams of a relay's connection, three times over. */
export const FRAMES_WAITING_MAX = 4_096;
/** Pings of the muxer that one connection is answered in a second, and at once: nodes ask once a second at most, other implementations every half minute. */
export const PINGS_PER_SECOND_MAX = 50;
export const PINGS_BURST = 200;
/** A stream that moves nothing for this long is dead. */
export const STREAM_IDLE_MS_MAX = 120_000;
/** A dial that takes longer is lost. */
export const DIAL_MS_MAX = 8_000;
/** Handshake and protocol negotiation; several encryptions on a busy machine take seconds. */
export const UPGRADE_MS_MAX = 10_000;
/** Pause between two looks at the signs of life of all connections, in milliseconds: short, so that their pings are spread. */
export const HEARTBEAT_LOOK_MS = 500;
/**
 * Longest silence of a connection before a sign of life is asked for, and longest time between two measurements of its round trip, in
 * milliseconds. Each end of a connection has its own share of them, from HEARTBEAT_PACE_MIN to all.
 */
export const HEARTBEAT_QUIET_MS_MAX = 10_000;
export const HEARTBEAT_MEASURE_MS_MAX = 12_000;
export const HEARTBEAT_PACE_MIN = 0.6;
/**
 * How long a sign of life is waited for before the connection is given up, in milliseconds. A peer that is busy for some seconds is not gone:
 * hanging up on it makes everybody connect, greet and compare again, which keeps a busy machine busy. With the silence before, 18 to 22 seconds.
 */
export const HEARTBEAT_ANSWER_MS_MAX = 12_000;
/** How long the first figures of new links are waited for before a node speaks of them, in milliseconds; one that comes later is told later. */
export const HEARTBEAT_FIRST_MS_MAX = 5_000;
/** Pings begun in one look: after a pause of the whole process every connection is silent, and none has to be asked at once. */
export const HEARTBEATS_PER_LOOK_MAX = 16;
/** How long stop() may take before the process goes on without it. */
export const STOP_MS_MAX = 5_000;
/** Addresses of one peer that are tried at most. */
export const ADDRESSES_PER_PEER_MAX = 8;
/** Addresses of one peer that are kept, and how many places of these are for what others say of it. */
export const ADDRESSES_KEPT_MAX = 12;
export const ADDRESSES_TOLD_MAX = 4;
/** Peers that are kept, a kB or two each; strangers make room first, then who has been silent longest. */
export const PEERS_KEPT_MAX = 4_096;
/** Neither a peer nor its addresses age away by themselves (100 years): a node rejoins after a holiday. See peer-bounds.ts. */
export const PEER_AGE_MS_MAX = 100 * 365 * 24 * 3_600_000;

/** Pause between two multicast questions on the local link. */
export const MDNS_MS = 10_000;
/** AutoNAT and hole punching: streams of one connection. */
export const NAT_STREAMS_MAX = 2;
/** Connections whose other end is asked what it sees of this node's port: more than it takes to know a NAT that gives each its own. */
export const OBSERVERS_MAX = 32;
/** Addresses of one peer that are dialled to punch a hole: of each family what it sees itself as, and what else it tells. */
export const PUNCHED_ADDRESSES_MAX = 4;

/** Kademlia bucket size (replication parameter k) and lookup parallelism (alpha), as in the Kademlia paper. */
export const DHT_K = 20;
export const DHT_ALPHA = 3;
/** Routing table contacts of one provider group (/16 or /32), as go-libp2p: in one bucket, and in the whole table. */
export const DHT_PER_GROUP_IN_BUCKET_MAX = 2;
export const DHT_PER_GROUP_IN_TABLE_MAX = 3;
/** DHT streams of one connection, in and out. */
export const DHT_STREAMS_IN_MAX = 32;
export const DHT_STREAMS_OUT_MAX = 64;
/** One DHT request to one peer: the library adapts between these; a peer that is slower is passed over. */
export const DHT_REQUEST_MS_MIN = 1_000;
export const DHT_REQUEST_MS_MAX = 5_000;
/** First self-query after start: puts and gets wait for it. Library default 1 s, then every 5 min. */
export const DHT_FIRST_SELF_QUERY_MS = 100;
export const DHT_SELF_QUERY_EVERY_MS = 300_000;
/** A whole lookup and a whole put; put asks up to k holders. */
export const DHT_GET_MS_MAX = 5_000;
export const DHT_PUT_MS_MAX = 20_000;
/** A record is forgotten this long after its last put: four republications. */
export const DHT_RECORD_AGE_MS_MAX = 48 * 3_600_000;
/** Provider records of one content id: more than any fetch asks, so that a flood of one id costs others nothing. */
export const DHT_PROVIDERS_PER_KEY_MAX = 32;
/** The library repeats its own announcements when they are older than a day (records live two), looking every hour. */
export const DHT_REPROVIDE_MS = 3_600_000;
/** Repetitions at once: each is a lookup of its own. */
export const DHT_REPROVIDES_AT_ONCE = 2;
/** Repetitions that wait; further ones come with the next look. */
export const DHT_REPROVIDES_WAITING_MAX = 1_024;
/** Pause between two sweeps of old records. */
export const DHT_SWEEP_MS = 600_000;
/** Largest message of the DHT: a value, and twenty peers with all addresses that are kept of each. */
export const DHT_MESSAGE_BYTES_MAX = 128 * KIB;
/** Largest message with which a circuit is asked for: a peer with its addresses. */
export const CIRCUIT_MESSAGE_BYTES_MAX = 16 * KIB;
/** Largest value that the DHT carries: an agent card (64 KiB payload at most) with its envelope. */
export const DHT_VALUE_BYTES_MAX = 68 * KIB;

/** Largest gossip message: an announcement carries a card or statement envelope. */
export const GOSSIP_MESSAGE_BYTES_MAX = 64 * KIB;
/** Largest gossip RPC: several messages at once. */
export const GOSSIP_RPC_BYTES_MAX = 1 * MIB;
/** Bytes that wait for one slow gossip peer. */
export const GOSSIP_OUTBOUND_BYTES_MAX = 4 * MIB;

/** Circuit relay: clients with a reservation at once: whoever is connected, for peers.max is no more. Fair shares are the gater's. Library default: 15. */
export const RELAY_RESERVATIONS_MAX = 1_024;
/** Circuit relay: lifetime of a reservation. */
export const RELAY_RESERVATION_MS = 3_600_000;
/** Circuit relay: bytes of one relayed connection. Library default 128 KiB, less than one task with its module. */
export const RELAY_CIRCUIT_BYTES_MAX = BigInt(64 * MIB);
/** Circuit relay: lifetime of one relayed connection. */
export const RELAY_CIRCUIT_MS = 30 * 60_000;
