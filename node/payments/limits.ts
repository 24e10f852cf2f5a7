// Bounds of payments on a node.

/** Bytes of a message between the two nodes of a channel: an update with all its offers, or a statement. */
export const CHANNEL_MESSAGE_BYTES_MAX = 65_536;

/** Longest exchange: the payee may have to wait for the payer's log before it accepts. */
export const CHANNEL_CALL_MS_MAX = 20_000;

/** How long a payee waits for the opening of a channel to reach it by the logs. */
export const OPENING_WAIT_MS_MAX = 15_000;

/** Requests that wait for openings at once, in all and of one peer: each counts as work under way, and they must not keep other work away. */
export const OPENINGS_WAITING_MAX = 512;
export const OPENINGS_WAITING_PER_PEER_MAX = 64;

/** Sides of channels that one node holds: those that are not over, and the last that are. Some kB each. */
export const SIDES_MAX = 10_000;

/** Settled sides that stay at hand: the others are put away on the disk, where they count no more. */
export const SETTLED_KEPT_MAX = 1_000;

/** Steps that wait for one side of a channel: more than the changes and the runs that can be under way for it. */
export const STEPS_WAITING_MAX = 2_048;

/** Changes that wait for one channel. */
export const CHANGES_WAITING_MAX = 1_024;

/** Changes of one update: below the offers and payments that an update may have; with all offers that stand they are below its 12 kB. */
export const CHANGES_AT_ONCE = 24;

/** Longest time that pay for a task waits for other changes to travel with, in milliseconds: a task has ended by then, and its offer stands. */
export const PAY_WAIT_MS = 250;

/** Looks at whether a channel that others filled has room again, and the pause between two, in milliseconds: together half of the lease of a task. */
export const ROOM_LOOKS_MAX = 60;
export const ROOM_LOOK_MS = 100;

/** So many payments for tasks are company enough. */
export const PAYS_ENOUGH = 8;

/** Times that an update is sent before its caller is told that the other side is not there; it stands, and goes with the next one. */
export const SEND_TRIES = 3;

/** Pause before an unanswered step of an end is followed up, when no other time is due. */
export const FOLLOW_UP_MS = 5_000;

/** Own receipts kept while the logs are read at a start: more than the runs that can have been under way when the node ended. */
export const EARLY_RECEIPTS_MAX = 4_096;

/** Accepted runs of the network that are remembered: a payer asks for what was overtaken within minutes. Some 200 bytes each. */
export const ACCEPTED_MAX = 16_384;
