// Every bound of routed streams at a node, with its reason.

const MIB = 1_048_576;

/** A hop that has not answered within this time is passed over: well above a healthy hop, well below what a person waits. */
export const HOP_MS_MAX = 3_000;
/** Time that a hop gives the hops behind it, for each of them, less than what it has itself: it can still try another. */
export const HOP_RESERVE_MS = 100;
/** Setting a stream up, all attempts together. */
export const SETUP_MS_MAX = 10_000;
/** Neighbours that one hop tries for a stream. */
export const ATTEMPTS_MAX = 3;
/** A header must have arrived whole within this time: it comes with its stream, and a lost piece is sent again some times within it. */
export const HEADER_MS_MAX = 10_000;
/** A stream that was refused is ended after this, if its other end has not done so: long enough to read why on a bad link. */
export const REFUSED_MS_MAX = 5_000;
/** The handshake of the two ends. */
export const SEAL_MS_MAX = 5_000;
/** A forwarded stream that moves nothing for this long is ended; links ping more often than that. */
export const FORWARD_IDLE_MS_MAX = 60_000;
/** Longest life of a forwarded stream: a link moves to another path then, and the relay may choose anew. */
export const FORWARD_MS_MAX = 3_600_000;
/** Most bytes of a forwarded stream, for the same reason. */
export const FORWARD_BYTES_MAX = 16_384 * MIB;
/** Of these, from one edge: its links, and as many again that are moving to another path. */
export const FORWARD_STREAMS_PER_PEER_MAX = 128;
/** Streams that come from, or go to, one other relay. */
export const FORWARD_STREAMS_PER_RELAY_MAX = 1_024;
/** A relay hands on the streams of many: it has the share of so many edges. */
export const RELAY_SHARES = FORWARD_STREAMS_PER_RELAY_MAX / FORWARD_STREAMS_PER_PEER_MAX;
/** Bytes that all forwarded streams together hold for slow readers: the full windows of every fourth of them. Beyond it those who hold most are ended. */
export const FORWARD_HELD_BYTES_MAX = 1_024 * MIB;
/** Pause between two looks at what they hold, in milliseconds: a fast line brings some tens of MiB in it. */
export const FORWARD_HELD_LOOK_MS = 250;
/** Bytes of a forwarded stream after which it is asked again whether its sender is still served: beyond its credit it gets no more than these, a stream. */
export const METER_LOOK_BYTES = MIB / 4;

/** Links (peers reached through relays) that a node keeps up at once, each way. */
export const LINKS_MAX = 256;
/** A link without a stream on it for this long is closed. */
export const LINK_IDLE_MS = 60_000;
/** The called end begins nothing on a link that the caller closes within this: it may have done so already, and the word is on its way. */
export const LINK_CLOSING_MS = 5_000;
/** How long the end that was called keeps a link whose path broke, for the caller to come back. */
export const LINK_LINGER_MS = 12_000;
/** How long the caller tries to find another path for a link. */
export const LINK_MOVE_MS_MAX = 10_000;
/** Pause before the second and later tries, doubled each time up to a second. */
export const LINK_MOVE_PAUSE_MS = 50;
/** The caller asks for a sign of life when none came for this long while streams are open, and else for the longer time. */
export const LINK_PING_BUSY_MS = 500;
export const LINK_PING_IDLE_MS = 10_000;
/** Pause between two looks at the signs of life. */
export const LINK_LOOK_MS = 200;
/** A path without a sign of life for this long after it was asked for is given up: a relay that drops silently. */
export const LINK_STALL_MS = 800;
/** What was received is acknowledged after this pause at the latest. */
export const LINK_ACK_AFTER_MS = 40;

/** A direct dial gets this head start before a way through relays is tried as well. */
export const DIRECT_HEAD_START_MS = 1_000;
