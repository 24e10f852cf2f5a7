// Bounds of guilds on one node. Those that every member keeps alike are protocol/guild/limits.ts.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of one content message: larger things travel as artifacts, by content id. */
export const CONTENT_BYTES_MAX = 1 * MIB;
/** Bytes that framing, sealing and signatures add to a content message. */
const OVERHEAD_BYTES = 16 * KIB;
/** Bytes of one request: a content message, or a welcome for GUILD_MEMBERS_MAX members with their credentials. */
export const REQUEST_BYTES_MAX = 4 * MIB;
/** Bytes of one answer: a sealed content message, the frames that a member missed, or the seat of one who joins late. */
export const RESPONSE_BYTES_MAX = 4 * MIB;
/** Bytes of one sealed frame. */
export const FRAME_BYTES_MAX = CONTENT_BYTES_MAX + OVERHEAD_BYTES;
/** Longest wait for one exchange, in milliseconds: a task that a member runs may take its full time. */
export const EXCHANGE_MS_MAX = 120_000;
/** Wait for an answer unless told otherwise. */
export const EXCHANGE_MS = 10_000;
/** Wait for the good-bye of a guild that is dissolved: whoever does not answer finds out by the silence. */
export const GOODBYE_MS = 2_000;
/** Requests a second from one peer, and at once: twenty content messages for each of ten guilds. */
export const REQUESTS_PER_SECOND = 200;
export const REQUESTS_BURST = 800;
/** Sealed frames that one node may send over gossip: a second, and at once. The fallback is for control, not for bulk. */
export const GOSSIP_PER_SECOND = 4;
export const GOSSIP_BURST = 40;
/** Age of a frame on gossip, in milliseconds, after which nobody passes it on. */
export const GOSSIP_AGE_MS_MAX = 120_000;
/** Key packages handed out and not used yet: each holds three private keys. The oldest gives way. */
export const KEYS_OUT_MAX = 512;
/** Key packages handed out to one peer and not used yet: one peer cannot push out those of all others. */
export const KEYS_OUT_PER_PEER_MAX = 16;
/** Milliseconds that a handed-out key package waits to be used. */
export const KEY_WAIT_MS = 600_000;
/** Key packages of others held ready, and how long each may be used after it came: shorter than its owner keeps it. */
export const KEYS_READY_MAX = 256;
export const KEY_READY_MS = 300_000;
/** Invitations that wait for a person. */
export const INVITATIONS_MAX = 64;
/** Invitations of one node that wait for a person: one node cannot push out those of all others. The oldest of its own gives way. */
export const INVITATIONS_PER_PEER_MAX = 8;
/** Part of `guilds.max` that the guilds of one other node may fill, one in so many: half stays for everybody else. */
export const GUILDS_OF_PEER_PART_MIN = 2;
/** Frames with a change of members that are kept for members who missed them. */
export const FRAMES_KEPT = 32;
/** Bytes of these in one answer: what follows is asked for once they are read. Room for what an answer has beside them. */
export const FRAMES_ANSWER_BYTES_MAX = RESPONSE_BYTES_MAX - 64 * KIB;
/** Control messages that wait for a missing epoch, in one guild. */
export const DEFERRED_MAX = 64;
/** Bytes of these that one member brought, with the messages that they came in: a change of members in a guild of GUILD_MEMBERS_MAX is some 100 kB. */
export const DEFERRED_BYTES_PER_MEMBER_MAX = 2 * MIB;
/** Ended guilds that are still listed. */
export const ENDED_LISTED_MAX = 64;
/** Beats without a sign of life after which a member counts as gone. */
export const SILENT_BEATS = 4;
/** Late messages of one sender that can still be opened, and how far ahead of the last one a message may be. */
export const LATE_MESSAGES_MAX = 64;
export const AHEAD_MESSAGES_MAX = 4_096;
/** Pause before a new guild is settled (everybody hears of everybody, keys for the next one are fetched): its first work goes first. */
export const SETTLE_PAUSE_MS = 250;
/** Pause before the files that held records of ended guilds are rewritten: one rewriting for a burst of endings. */
export const COMPACT_PAUSE_MS = 5_000;

/** Seats whose answers are given again when they are offered again: an offer is repeated within seconds. */
export const SEATS_REPEATED_MAX = 64;
