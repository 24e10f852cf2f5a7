// Bounds of routing, each with its unit and reason.

/** Milliseconds between two calls of tick(): the period of probes, reports and decay. */
export const TICK_MS = 1_000;

/** Hops of a path: three regions and both edges need five; the rest is room to go round a fault. */
export const TTL_MAX = 8;

/** Neighbours of one router: a relay with its region, its backbone and its edges. */
export const NEIGHBOURS_MAX = 1_024;

/** Destinations that a router keeps estimates for; the one not used for longest gives way. */
export const DESTINATIONS_MAX = 16_384;

/** Authors of reports that are kept: the relays of one network of regions. */
export const AUTHORS_MAX = 1_024;

/** Links of one report: the neighbours of its author. */
export const REPORT_LINKS_MAX = NEIGHBOURS_MAX;

/** Bytes of a snapshot: read back whole at start. */
export const SNAPSHOT_BYTES_MAX = 4_194_304;
