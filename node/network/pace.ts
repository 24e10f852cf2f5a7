// How often a node speaks of itself. Everybody hears everybody, so the work of announcements grows with the square of the network unless
// each speaks more rarely the more there are. Pure.

/** Announcements a second that all nodes together make: below this each speaks as often as it wants. */
export const ANNOUNCEMENTS_PER_SECOND_MAX = 2.5;
/** Pause between two announcements of a node in a small network. */
const ANNOUNCE_EVERY_MS_MIN = 10_000;
/**
 * The longest pause, whatever the number: a verdict on revocations needs word of a node within five minutes, and who makes up names,
 * which are free, must not be able to silence those that are real.
 */
const ANNOUNCE_EVERY_MS_MAX = 60_000;
/** Nodes up to which that rate holds; beyond, each goes on speaking once in the longest pause. */
export const PACED_NODES_MAX = (ANNOUNCE_EVERY_MS_MAX / 1_000) * ANNOUNCEMENTS_PER_SECOND_MAX;
/** Rounds that a node may miss before it counts as gone: three, and half a one for the way. */
const ROUNDS_MISSED_MAX = 3.5;
/** Nodes up to which every round allows one change to be told before its time; beyond it is a share of one. */
const SMALL_NETWORK = 12;
/** Changes that a node of a small network may tell in a burst. */
const BURST_MAX = 4;
/** Changes that all nodes together tell in a burst, each to everybody: a lookup that dials ten others changes the neighbours of eleven. */
export const CHANGES_AT_ONCE_MAX = SMALL_NETWORK * BURST_MAX;

/** Milliseconds between two announcements of one node, in a network of so many. */
export function announceEveryMs(nodes: number): number {
  const paced = (1_000 * nodes) / ANNOUNCEMENTS_PER_SECOND_MAX;
  return Math.min(ANNOUNCE_EVERY_MS_MAX, Math.max(ANNOUNCE_EVERY_MS_MIN, paced));
}

/**
 * Milliseconds until the next announcement. Nodes that start together would speak together ever after, and keep all others from being heard meanwhile: the
 * first pause is anything up to a whole one, the later ones differ by a quarter. `lot`: 0 to 1.
 */
export function pauseMs(nodes: number, isFirst: boolean, lot: number): number {
  return announceEveryMs(nodes) * (isFirst ? lot : 0.75 + lot / 2);
}

/** Milliseconds of silence after which a node counts as gone. Whoever has heard of few yet waits for less, and has heard for less. */
export function silentAfterMs(nodes: number): number {
  return ROUNDS_MISSED_MAX * announceEveryMs(nodes);
}

/** Changes that may be told before their time, regained with each round. */
export function changesRegained(nodes: number): number {
  return Math.min(1, SMALL_NETWORK / nodes);
}

/** Changes that a node may tell before their time in a burst; none where its share of what all may is less than one. */
export function changesAtOnce(nodes: number): number {
  return Math.min(BURST_MAX, Math.floor(CHANGES_AT_ONCE_MAX / nodes));
}
