// Bounds of routing, each with its unit and reason.

/** Milliseconds between two calls of tick(): the period of probes, reports and decay. */
export const TICK_MS = 1_000;

/** Hops of a path: three regions and both edges need five; the rest is room to go round a fault. */
export const TTL_MAX = 8;

/** Neighbours of one router: a relay with its region, its backbone and its edges. */
export const NEIGHBOURS_MAX = 1_024;

/** Destinations that a router keeps estimates for; the one not written for longest gives way. */
export const DESTINATIONS_MAX = 16_384;

/** Authors of reports that are kept: the relays of one network of regions. */
export const AUTHORS_MAX = 1_024;

/** Links of one report: the neighbours of its author. */
export const REPORT_LINKS_MAX = NEIGHBOURS_MAX;

/** Destinations whose distances are kept between two ticks; 8 KiB each with the most authors. */
export const DISTANCES_MAX = 1_024;

/** Flows whose last neighbour is remembered for hysteresis. */
export const FLOWS_MAX = 8_192;

/** Probes wanted at one tick; the links that were silent for longest come first. */
export const PROBES_PER_TICK_MAX = 32;

/** Questions wanted at one tick (full echo): every neighbour about the destinations in use. */
export const ASKS_PER_TICK_MAX = 256;

/** Characters of an identifier: a peer id has 52, a relay of the simulator a few. */
export const ID_CHARS_MAX = 128;

/** Bytes of a snapshot: read back whole at start, and strict JSON counts its members first. */
export const SNAPSHOT_BYTES_MAX = 1_048_576;

/** Rows of learned values in a snapshot, the newest: with few neighbours each they fit its bytes. */
export const SNAPSHOT_ROWS_MAX = 4_096;
