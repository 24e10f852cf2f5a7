// Bounds of artifacts, with their reasons. Whatever a stranger serves, or asks to be kept, is held against these.

const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest block: what the Bitswap specification allows, and twice the chunk that files are cut into. */
export const BLOCK_BYTES_MAX = 2 * MIB;
/** Largest Bitswap message: one largest block with its wrapper, or many small ones; what the public implementations take. */
export const MESSAGE_BYTES_MAX = 4 * MIB;
/** A peer that owes no block may send wants only: 1,024 of them with room to spare. */
export const WANTS_BYTES_MAX = 128 * KIB;
/** Wants of one message, and wants of one peer that wait to be served; both as the public implementations have it. */
export const WANTS_MAX = 1_024;
/** Blocks and presences of one message. */
export const ITEMS_MAX = 1_024;
/** Bytes of blocks put into one message, so that a reader sees progress and memory stays small. */
export const SERVED_BYTES_PER_MESSAGE = MIB;
/** Peers served at the same moment: each holds at most one message in memory. */
export const SERVED_AT_ONCE_MAX = 8;
/** Bytes served to one peer, a second and at once: a fair share of a link, and one large artifact without a pause. */
export const SERVED_BYTES_PER_SECOND = 32 * MIB;
export const SERVED_BYTES_BURST = 256 * MIB;
/** A message to a peer that takes longer is lost. */
export const SEND_MS_MAX = 15_000;
/** A stream that carries nothing for this long is closed: public implementations wait five seconds. */
export const STREAM_REST_MS = 2_000;
/** Streams of Bitswap that one connection may have open: one each way, and some that are ending. */
export const STREAMS_MAX = 8;

/** Depth of an artifact: folders within folders, and two or three levels of a large file. */
export const DEPTH_MAX = 32;
/** Links of one node; the importer makes at most 1,024 in a file and some thousands in a folder before it shards. */
export const LINKS_MAX = 8_192;
/** Blocks of one artifact: 64 GiB of full chunks, or a quarter of a million small files. */
export const BLOCKS_MAX = 262_144;
/** Files and folders of one artifact, counted as often as they appear. */
export const ENTRIES_MAX = 262_144;
/** Characters of a name in a folder, as file systems have it, and of a whole path. */
export const NAME_CHARS_MAX = 255;
export const PATH_CHARS_MAX = 4_096;
/** Blocks of all artifacts: their ids are held in memory, some 100 bytes each. */
export const STORE_BLOCKS_MAX = 1_048_576;
/** Artifacts in the store. */
export const ARTIFACTS_MAX = 65_536;

/** Wants outstanding at one provider: enough to fill a link of 100 ms, small enough to lose little with it. */
export const WINDOW = 8;
/** Wants outstanding at all providers of one fetch: what may wait in memory to be written, 64 MiB of the largest blocks. */
export const OUTSTANDING_MAX = 32;
/** Bytes that a stream of answers may hold before they are read: everything that one provider may owe, and a message more. */
export const UNREAD_BYTES_MAX = WINDOW * BLOCK_BYTES_MAX + MESSAGE_BYTES_MAX;
/** Ids asked of a peer that may still come late: two providers were asked, and one was faster. */
export const LATE_MAX = 4_096;
/** A provider that does not answer a want for this long is passed over. */
export const WANT_MS_MAX = 10_000;
/** Failures after which a provider is left. */
export const FAILURES_MAX = 2;
/** Providers of one fetch at the same time. */
export const PROVIDERS_MAX = 8;
/** Times that providers are looked for again before a fetch gives up. */
export const SEARCHES_MAX = 3;
/** Pause before providers are looked for again: a record needs some seconds to spread. */
export const SEARCH_PAUSE_MS = 1_000;
/** Longest search for providers in the DHT. */
export const SEARCH_MS_MAX = 5_000;
/** Fetches at once; more wait for BUSY to be retried by their caller. */
export const FETCHES_MAX = 64;

/** Copies of a kept artifact in its region, the own one included. */
export const REPLICAS = 3;
/** Pause between two rounds of repair. */
export const REPAIR_MS = 60_000;
/** Blocks that one challenge asks for, chosen at random: a holder that lost a tenth is caught in 4 rounds with 82 %. */
export const CHALLENGE_BLOCKS = 4;
/** Challenges failed in a row after which a holder no longer counts. One: what cannot be read now is no copy now. */
export const CHALLENGE_FAILURES_MAX = 1;
/** A promise to keep a copy ends after this time unless it is renewed: nobody's disk is filled for ever. */
export const LEASE_MS = 30 * 24 * 3_600_000;
/** Share of the store that copies kept for others may take, and share of that for one peer. */
export const REPLICA_SHARE = 1 / 2;
export const REPLICA_PEER_SHARE = 1 / 8;
/** Holders named in a request. */
export const HOLDERS_MAX = 16;
/** Last use is written down at most this often. */
export const TOUCH_MS = 3_600_000;
