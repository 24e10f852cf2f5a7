// Usage reputation: how well a partner has served, from what was measured here. It decides whom to ask first, how many to ask, and how much
// to serve; it never decides whether something is true. Pure: events and times come in.

/** What can happen with one question to a partner. */
export type UsageEvent =
  | { readonly kind: 'verified'; readonly latencyMs: number; readonly rows: number }
  /** It has said who it is: nothing to its credit, but it is there again. */
  | { readonly kind: 'met' }
  /** Something in the answer did not verify. */
  | { readonly kind: 'invalid' }
  /** No whole answer within the deadline. */
  | { readonly kind: 'late' }
  | { readonly kind: 'unreachable' }
  /** The partner said no: its right, and of no use. */
  | { readonly kind: 'refused' }
  /** The answer was from an older head than is known here, or lacked something; not proven. */
  | { readonly kind: 'stale' }
  /** Proven by what the partner has signed: evidence is kept. */
  | { readonly kind: 'lied' };

/** What is remembered of a partner. */
export interface UsageState {
  /** Decayed weights of what went well and what did not. */
  readonly good: number;
  readonly bad: number;
  /** Proven lies; they do not decay. */
  readonly lies: number;
  /** Smoothed milliseconds until the last row; null before the first answer. */
  readonly latencyMs: number | null;
  /** Smoothed distance from it, in milliseconds. */
  readonly deviationMs: number;
  /** Questions in a row without a whole answer. */
  readonly misses: number;
  readonly counts: Readonly<Record<UsageEvent['kind'], number>>;
  readonly rows: number;
  readonly at: number;
}

/** How a partner stands. */
export interface Standing {
  /** new: nothing is known. fair: serves. poor: mostly does not. caught: has lied. */
  readonly status: 'new' | 'fair' | 'poor' | 'caught';
  /** 0 to 1,000. */
  readonly score: number;
  /** Thousandths of the agreed budget that it is served. */
  readonly share: number;
  readonly latencyMs: number | null;
  /** False when an answer need not wait for it: it has missed several in a row, or its word is worth little. It is asked all the same. */
  readonly isAwaited: boolean;
  /** How long an answer waits for it, in milliseconds. */
  readonly patienceMs: number;
}

/** What went well or ill yesterday counts half. */
const HALF_LIFE_MS = 86_400_000;
/** Below this score (of 1,000) a partner is poor. */
export const POOR_SCORE = 400;
/** Share of its budget that a poor partner, and one that has lied, is served, in thousandths: enough to mend its name. */
const POOR_SHARE = 500;
const CAUGHT_SHARE = 100;
/** What a partner starts with: somebody here has chosen it. */
const PRIOR_GOOD = 2;
const PRIOR_BAD = 1;
/** A new latency, and a new distance from it, count this much (RFC 6298). */
const LATENCY_WEIGHT = 0.125;
const DEVIATION_WEIGHT = 0.25;
/** Patience is the latency and so many deviations, within these bounds (milliseconds). */
const PATIENCE_DEVIATIONS = 4;
/** Whose latency hardly varies is late once all the same. */
const PATIENCE_FACTOR = 1.6;
/** Below this the scheduling of both machines, one of them busy, decides (milliseconds): on a near network a hiccup is no lateness. */
const PATIENCE_MS_MIN = 100;
/** A person waits for a first answer so long (milliseconds). */
export const PATIENCE_MS_MAX = 2_000;
/** After so many misses in a row nobody waits for a partner until it has answered again. */
const MISSES_MAX = 2;
const WEIGHTS = { invalid: 8, late: 2, unreachable: 1, refused: 1, stale: 4, lied: 16 } as const;
/** Counts, weights and rows end here: a number that cannot overflow says enough. */
const COUNT_MAX = 1_000_000_000;

const MISSED: readonly UsageEvent['kind'][] = ['late', 'unreachable', 'refused'];

/** Of whom nothing is known. */
export function freshUsage(now: number): UsageState {
  const counts = { met: 0, verified: 0, invalid: 0, late: 0, unreachable: 0, refused: 0, stale: 0, lied: 0 };
  return { good: 0, bad: 0, lies: 0, latencyMs: null, deviationMs: 0, misses: 0, counts, rows: 0, at: now };
}

function decayed(state: UsageState, now: number): UsageState {
  // A clock that stepped back forgets nothing and adds nothing.
  const factor = 0.5 ** (Math.max(0, now - state.at) / HALF_LIFE_MS);
  return { ...state, good: state.good * factor, bad: state.bad * factor, at: Math.max(now, state.at) };
}

/** The state after an event. */
export function noteUsage(before: UsageState, event: UsageEvent, now: number): UsageState {
  const state = decayed(before, now);
  const counts = { ...state.counts, [event.kind]: Math.min(COUNT_MAX, state.counts[event.kind] + 1) };
  if (event.kind === 'met') return { ...state, counts, misses: 0 };
  if (event.kind !== 'verified')
    return {
      ...state,
      counts,
      misses: Math.min(COUNT_MAX, state.misses + (MISSED.includes(event.kind) ? 1 : 0)),
      bad: Math.min(COUNT_MAX, state.bad + WEIGHTS[event.kind]),
      lies: event.kind === 'lied' ? Math.min(COUNT_MAX, state.lies + 1) : state.lies,
    };
  const { latencyMs, deviationMs } = state;
  const off = latencyMs === null ? event.latencyMs / 2 : Math.abs(event.latencyMs - latencyMs);
  return {
    ...state,
    counts,
    good: Math.min(COUNT_MAX, state.good + 1),
    rows: Math.min(COUNT_MAX, state.rows + event.rows),
    misses: 0,
    deviationMs: latencyMs === null ? off : deviationMs + DEVIATION_WEIGHT * (off - deviationMs),
    latencyMs:
      latencyMs === null ? event.latencyMs : latencyMs + LATENCY_WEIGHT * (event.latencyMs - latencyMs),
  };
}

/** How a partner stands now. */
export function standingOf(before: UsageState, now: number): Standing {
  const { good, bad, lies, latencyMs, deviationMs, misses, counts } = decayed(before, now);
  const expected = (1_000 * (good + PRIOR_GOOD)) / (good + bad + PRIOR_GOOD + PRIOR_BAD);
  const score = Math.floor(lies > 0 ? expected / (1 + 4 * lies) : expected);
  const usual = latencyMs ?? PATIENCE_MS_MAX;
  const wait = Math.max(usual + PATIENCE_DEVIATIONS * deviationMs, usual * PATIENCE_FACTOR);
  const patienceMs = Math.min(PATIENCE_MS_MAX, Math.max(PATIENCE_MS_MIN, Math.ceil(wait)));
  const standing = { score, latencyMs, patienceMs };
  if (lies > 0) return { ...standing, status: 'caught', share: CAUGHT_SHARE, isAwaited: false };
  const isAwaited = misses < MISSES_MAX;
  if (Object.entries(counts).every(([kind, count]) => kind === 'met' || count === 0))
    return { ...standing, status: 'new', share: 1_000, isAwaited };
  if (score < POOR_SCORE) return { ...standing, status: 'poor', share: POOR_SHARE, isAwaited: false };
  return { ...standing, status: 'fair', share: 1_000, isAwaited };
}

const RANK = { fair: 0, new: 1, poor: 2, caught: 3 } as const;
/** Supposed for who has never answered, in milliseconds. */
const LATENCY_UNKNOWN_MS = 250;

/** What one answer of this partner costs: its latency, and again for each time it will probably have to be asked. */
function cost({ score, latencyMs }: Standing): number {
  return ((latencyMs ?? LATENCY_UNKNOWN_MS) * 1_000) / Math.max(1, score);
}

/** Negative when `a` is to be asked before `b`. */
export function compareStandings(a: Standing, b: Standing): number {
  return RANK[a.status] - RANK[b.status] || cost(a) - cost(b);
}

/**
 * Whom to ask when not everybody can be: the best, and one drawn from the rest, so that who was bad can become better. `draw` is from 0 to 1.
 */
export function planFanOut<T extends { readonly standing: Standing }>(
  partners: readonly T[],
  max: number,
  draw: number,
): T[] {
  const sorted = [...partners].sort((a, b) => compareStandings(a.standing, b.standing));
  if (sorted.length <= max) return sorted;
  if (max <= 0) return [];
  const rest = sorted.slice(max - 1);
  const probe = rest[Math.min(rest.length - 1, Math.floor(draw * rest.length))] as T;
  return [...sorted.slice(0, max - 1), probe];
}
