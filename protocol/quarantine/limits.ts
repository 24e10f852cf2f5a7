// Bounds of quarantine state.

/** Orders held of issuers that are obeyed here, about 2 kB each: an incident a day for years, with the ended ones dropped when room is needed. */
export const ORDERS_MAX = 4_096;

/** Orders held of everybody else, for people to see; the oldest give way, so strangers cannot push out an order that counts. */
export const STRANGE_ORDERS_MAX = 256;

/** Orders held of one issuer: whoever needs more quarantines by partner or module. */
export const ORDERS_PER_ISSUER_MAX = 1_024;

/** Releases held whose order is not known yet: logs arrive in any order. The oldest give way. */
export const EARLY_RELEASES_MAX = 1_024;

/** Logs remembered of one order or release: its agent's node writes it into one, and a backup or a move makes few more. */
export const FOUND_ORIGINS_MAX = 8;

/** Sequence numbers remembered of one issuer, to tell holes and contradictions. */
export const SEQUENCES_MAX = 2 * ORDERS_PER_ISSUER_MAX;

/** Issuers remembered: strangers among them, who give way first come first gone. */
export const ISSUERS_MAX = 4_096;

/** Milliseconds that clocks may differ: an order begins so much before its date and ends so much after its end, so no clock lets go early. */
export const QUARANTINE_CLOCK_MS = 600_000;
