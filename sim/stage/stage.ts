// How routing policies are ranked, the same in every tier: who is there, whom everybody keeps, what goes wrong, who calls whom and when, and how long
// anybody waits. Read by the router core on an event heap (here), by whole nodes under virtual time, and by real processes. Must not: run anything.

import { makeNetwork, type OverlayNetwork } from '../overlay/network.ts';
import { MULTI_HOP } from '../overlay/scenario.ts';
import { type RandomStream, randomStream } from '../random.ts';

/** Regions by number: relay and edge `n` are of the region `n` modulo their count. */
export const STAGE_REGIONS = ['north', 'south', 'west'] as const;
/** Relays that an edge keeps up, of its own region and of others. */
export const NEAR = 2;
export const FAR = 1;
/** A stream or request that takes longer has failed, and counts as this. */
export const REQUEST_MS_MAX = 6_000;
/** Noise of a link that is well: a share of its delay, exponentially distributed. */
export const NOISE_SHARE = 0.05;
/** Least time until TCP sends a lost segment again (RTO minimum of Linux), doubled each time. */
export const RESEND_MS = 200;
/** Times that it is sent again: with each pause doubled, longer than a request may take. */
export const RESENDS_MAX = 6;
/** A pair is left alone so long after a call began: it is over by then, and both ends know that the link has gone. */
const REST_MS = REQUEST_MS_MAX + 1_000;

/** What is wrong with the links of a relay: milliseconds more each way, up to so many more by chance, share of the segments that are lost. */
export interface StageLink {
  readonly oneWayMs: number;
  readonly jitterMs?: number;
  readonly loss?: number;
}

/** How a relay lies. */
export interface StageLies {
  /** Claims links and ways of a millisecond. */
  readonly boasts?: boolean;
  /** Milliseconds by which it hands streams on late. */
  readonly lateMs?: number;
  /** Milliseconds by which what passes on them is late, each way. */
  readonly slowMs?: number;
  /** Share of the streams (0 to 1) of which it hands on nothing. */
  readonly drops?: number;
}

/** What befalls relays, by number: none is the one that all joined through, and every edge keeps one that is sound. */
export const FAULTS = {
  slow: { at: 3, link: { oneWayMs: 120, jitterMs: 40 } },
  lossy: { at: 4, link: { oneWayMs: 10, jitterMs: 80, loss: 0.08 } },
  killed: 5,
  liar: { at: 1, lies: { boasts: true, lateMs: 150, slowMs: 75, drops: 0.2 } },
} as const;

export const DAYS = ['calm', 'impaired'] as const;
export type Day = (typeof DAYS)[number];

/** How many there are, and how much is asked. */
export interface StageSizes {
  readonly relays: number;
  readonly edges: number;
  /** Streams that are measured on each day. */
  readonly streams: Readonly<Record<Day, number>>;
  /** Streams that begin in a second, on average. */
  readonly perSecond: number;
  /** Seconds with traffic before each day is measured, from its beginning on. */
  readonly learnSeconds: Readonly<Record<Day, number>>;
}

/** What is ranked: usual and full size. */
export const RANKED_SIZES: StageSizes = {
  relays: 9,
  edges: 12,
  streams: { calm: 48, impaired: 160 },
  perSecond: 4,
  learnSeconds: { calm: 8, impaired: 8 },
};
export const RANKED_SIZES_FULL: StageSizes = {
  relays: 12,
  edges: 40,
  streams: { calm: 200, impaired: 600 },
  perSecond: 4,
  // So many processes are slow when they have just started, and that is on the first day.
  learnSeconds: { calm: 30, impaired: 8 },
};

/** The network of a fleet: relays come first, then edges. */
export interface StageNetwork extends Pick<OverlayNetwork, 'count' | 'region' | 'delay'> {
  readonly relays: number;
  /** Relays that a node keeps, by number; those of its own region first. Empty for relays, which keep all. */
  readonly homes: readonly (readonly number[])[];
}

export function stageNetwork(
  { edges, relays }: Pick<StageSizes, 'relays' | 'edges'>,
  seed: number,
): StageNetwork {
  const { count, delay, region } = makeNetwork({ ...MULTI_HOP, seed, relays, edges });
  const homes = Array.from({ length: count }, (_, n) => (n < relays ? [] : homesOf(n - relays, relays)));
  return { count, relays, delay, region, homes };
}

/** The relays of an edge: two of its region, one of the next. Every edge keeps one that is sound on the impaired day. */
export function homesOf(edge: number, relays: number): number[] {
  return [0, STAGE_REGIONS.length, 1].map((step) => (edge + step) % relays);
}

/** The region of a node. */
export function regionOf({ region }: StageNetwork, node: number): string {
  return STAGE_REGIONS[region[node]!]!;
}

/** One stream between two edges, numbered as edges. */
export interface StageCall {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** False while nobody measures. */
  readonly isMeasured: boolean;
}

/** The streams of a day, by time: those that nobody measures come first. The same for every policy and tier. */
export function callsOf(sizes: StageSizes, seed: number, day: Day): StageCall[] {
  const random = randomStream(seed, 'stage calls', day);
  const { edges, learnSeconds, perSecond, streams } = sizes;
  const learning = learnSeconds[day] * perSecond;
  const calls: StageCall[] = [];
  const restsUntil = new Map<string, number>();
  let atMs = 0;
  for (let n = 0; n < learning + streams[day]; n++) {
    atMs += random.exponential(1_000 / perSecond);
    const [from, to] = restedPair(random, edges, atMs, restsUntil);
    calls.push({ atMs, from, to, isMeasured: n >= learning });
  }
  return calls;
}

/** Two that call each other share a link, and the first to end would end it for the other: a pair that was drawn rests. */
function restedPair(
  random: RandomStream,
  edges: number,
  atMs: number,
  restsUntil: Map<string, number>,
): readonly [number, number] {
  for (;;) {
    const from = random.below(edges);
    const to = (from + 1 + random.below(edges - 1)) % edges;
    const pair = [from, to].sort((x, y) => x - y).join();
    if ((restsUntil.get(pair) ?? 0) > atMs) continue;
    restsUntil.set(pair, atMs + REST_MS);
    return [from, to];
  }
}
