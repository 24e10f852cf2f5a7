// Bounds of guilds that every member keeps.

/** Members of one guild. A welcome names all of them with their keychains: 32 of the common size are some 100 kB. */
export const GUILD_MEMBERS_MAX = 32;
/** Characters of a guild's name and of a reason, which people read. */
export const GUILD_NAME_CHARS_MAX = 64;
export const GUILD_REASON_CHARS_MAX = 200;
/** Longest membership, in milliseconds: a guild is made for work, not for life. */
export const GUILD_TTL_MS_MAX = 24 * 3_600_000;
/** Bytes of the payload of one control message: a creation with GUILD_MEMBERS_MAX members, about 200 bytes each. */
export const GUILD_CONTROL_BYTES_MAX = 16_384;
/** Bytes of a member's credential: a binding and a keychain, that of an agent with post-quantum keys and some rotations included. */
export const GUILD_CREDENTIAL_BYTES_MAX = 65_536;
/** Bytes of the data of a task-control message. */
export const TASK_CONTROL_CHARS_MAX = 4_096;
/** Milliseconds that another machine's clock may be ahead of ours. */
export const GUILD_CLOCK_TOLERANCE_MS = 600_000;
/** Milliseconds after which a control message is too old to be believed: replays of last week's are refused without a memory of them. */
export const GUILD_CONTROL_AGE_MS_MAX = GUILD_TTL_MS_MAX;
/** How far below an actor's greatest sequence a message may come late: what can be under way at once, with room to spare. */
export const SEQUENCE_WINDOW = 64;
/** Sequence of the message with which an agent leaves, or ends its guild, after a crash: it no longer knows what it had used. */
export const LAST_WORD = Number.MAX_SAFE_INTEGER;
/** Actors whose sequences one guild remembers: everybody it can seat, eight times over. Beyond it nobody new is seated. */
export const GUILD_ACTORS_MAX = 256;
