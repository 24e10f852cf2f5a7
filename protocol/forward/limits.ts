// Every bound of forwarded streams, with its reason.

/** Version of the header and of the frames of a link. */
export const FORWARD_VERSION = 1;

/** Bytes of a header: eight peer ids of 52 characters, a trace context, and room. */
export const HEADER_BYTES_MAX = 2_048;

/** Bytes of a hop's answer: the path that was taken, or a code with a sentence. */
export const REPLY_BYTES_MAX = 2_048;

/** Hops that a stream may take: three regions and both edges need five; the rest is room to go round a fault. */
export const FORWARD_TTL_MAX = 8;

/** Milliseconds that setting up a stream may take at most: longer than any person or program waits. */
export const BUDGET_MS_MAX = 60_000;

/** Bytes of the name of a stream and of a link: nobody guesses another's. */
export const STREAM_ID_BYTES = 16;

/** Characters of a peer id: Ed25519 ids have 52, the longest of others 56. */
export const PEER_CHARS_MAX = 64;

/** Characters of a region, as in the configuration of a node. */
export const REGION_CHARS_MAX = 32;

/** Characters of a guild's id. */
export const GUILD_CHARS_MAX = 96;

/** Characters of a W3C trace context (traceparent). */
export const TRACE_CHARS_MAX = 55;

/** Characters of a currency, as in a card. */
export const CURRENCY_CHARS_MAX = 16;

/** Decimal digits of a price. */
export const PRICE_DIGITS_MAX = 22;

/** Characters of the sentence that a refusal carries. */
export const REASON_CHARS_MAX = 300;

/** Bytes that one end of a link may have under way: what a path of 8 MB/s and 120 ms fills; also what the other end holds at most. */
export const LINK_WINDOW_BYTES = 1_048_576;

/** Bytes after which the receiver says what it has: a quarter of the window, so that the sender never waits for it. */
export const LINK_ACK_BYTES = LINK_WINDOW_BYTES / 4;

/** Bytes of one frame of data: with its head it fits one frame of Noise, which holds 65,519. */
export const LINK_FRAME_BYTES_MAX = 65_514;

/** Streams that a relay forwards at once. Each holds at most two windows of the muxer while both its readers are slow. */
export const FORWARD_STREAMS_MAX = 2_048;
