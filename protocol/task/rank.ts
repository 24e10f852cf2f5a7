// Chooses members for a task: by price, latency, reputation, load and data locality, explained term by term. Integers throughout and
// ties broken by a hash, so that the same facts give the same order on every machine.

import { toHex, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import type { AgentId } from '../identity/index.ts';

/** What is known of a member. Everything but its id may be unknown. */
export interface Candidate {
  readonly agentId: AgentId;
  /** For N runs, members of one operator count once; unknown operators by their host. */
  readonly operator: string;
  readonly region: string;
  /** How well the card fits the words, 0 to 1,000. */
  readonly fit: number;
  /** For this task, in the smallest unit; null when the card has no price in the currency. */
  readonly price: bigint | null;
  /** Microseconds. */
  readonly rtt: number | null;
  /** Lower bound of the reputation, 0 to 1,000; null: no history. */
  readonly reputation: number | null;
  /** Tasks that wait or run there per worker, in thousandths. */
  readonly load: number | null;
  /** Share of the task's bytes that are known to be there, 0 to 1,000. */
  readonly local: number;
  /** Why it cannot be asked whatever its points are; null when it can. */
  readonly unfit?: string | null;
}

/** What a requester prefers; the weights are per mille. */
export interface Preference {
  /** The most for one run; a dearer member is left out. null: only members without a price. */
  readonly ceiling: bigint | null;
  /** A member with a known lower bound below is left out. */
  readonly reputationFloor: number;
  readonly weights?: Partial<Record<Term, number>>;
  /** Breaks ties: members of equal score stand in an order that differs from salt to salt, so that tasks spread over them. */
  readonly salt?: string;
  /** False: who has more to do than others loses no points for it, as before there was this term. */
  readonly queue?: boolean;
}

type Term = 'fit' | 'price' | 'rtt' | 'reputation' | 'load' | 'local';

/** Each term is 0 (worst) to 1,000 (best), weighted; they sum to 1,000. What a longer queue takes is beside them. */
const WEIGHTS: Readonly<Record<Term, number>> = {
  fit: 250,
  reputation: 250,
  price: 150,
  rtt: 150,
  load: 150,
  local: 50,
};

/** Half of the points at this round-trip time: 50 ms, about a region's width. */
const RTT_HALF_US = 50_000;
/** Half of the points at one waiting task a worker. */
const LOAD_HALF = 1_000;
/** Points that each task a worker takes which a member has more than the one that has least. The load's own points are all but used up by the fifth: without
 * these, of five hundred tasks all the rest would go to whoever is a few milliseconds nearer. */
const QUEUE_POINTS = 10;
/** The most points that a longer queue takes: what the load may weigh. Who is better by more than that and the load's points is worth the wait. */
const QUEUE_POINTS_MAX = 150;
/** A member without history: below what one accepted task earns (a lower bound of about 200), so that a new name is never the better one. */
const REPUTATION_UNKNOWN = 100;
/** Unknown load and round-trip time: the middle. */
const UNKNOWN = 500;

/** A member in its place, or left out. */
export interface Ranked {
  readonly agentId: AgentId;
  readonly operator: string;
  readonly region: string;
  /** -150 to 1,000. */
  readonly score: number;
  readonly terms: readonly { readonly term: string; readonly points: number; readonly detail: string }[];
  /** Why it is left out. */
  readonly refused: string | null;
}

const half = (value: number, at: number) => Math.floor((1_000 * at) / (at + value));

function pricePoints(price: bigint | null, ceiling: bigint | null): number {
  if (price === null || price === 0n) return 1_000;
  if (ceiling === null || ceiling === 0n) return 0;
  return Number(1_000n - (1_000n * price) / ceiling);
}

function refusal(member: Candidate, wants: Preference): string | null {
  const { price, reputation, unfit } = member;
  if (unfit !== undefined && unfit !== null) return unfit;
  if (price !== null && price > 0n && price > (wants.ceiling ?? 0n))
    return `asks up to ${price} millionths, above the ceiling of ${wants.ceiling ?? 0n}`;
  if (reputation !== null && reputation < wants.reputationFloor)
    return `reputation ${reputation} is below the floor of ${wants.reputationFloor}`;
  return null;
}

/** The least that one of those has to do who could be first for having little to do, as nothing else sets them further back; null when that is known of none. */
function leastLoad(ranked: readonly Ranked[], loads: ReadonlyMap<AgentId, number | null>): number | null {
  const worth = new Map(
    ranked.map(({ agentId, score, terms }) => [
      agentId,
      score - (terms.find(({ term }) => term === 'load')?.points ?? 0),
    ]),
  );
  const fit = ranked.filter(({ refused }) => refused === null);
  const best = Math.max(...fit.map(({ agentId }) => worth.get(agentId) as number));
  let least: number | null = null;
  for (const { agentId } of fit) {
    const load = loads.get(agentId) ?? null;
    if (load === null || (worth.get(agentId) as number) <= best - WEIGHTS.load - QUEUE_POINTS_MAX) continue;
    least = Math.min(least ?? load, load);
  }
  return least;
}

/** The same member with what it loses for having more to do than `least`. */
function queued(ranked: Ranked, load: number | null, least: number | null): Ranked {
  const more = Math.max(0, (load ?? 0) - (least ?? 0));
  const points = 0 - Math.min(QUEUE_POINTS_MAX, Math.floor((QUEUE_POINTS * more) / LOAD_HALF));
  const detail = `${more} thousandths of a worker more than the least of its equals`;
  return {
    ...ranked,
    score: ranked.score + points,
    terms: [...ranked.terms, { term: 'queue', points, detail }],
  };
}

/** Takes from those who have more to do than others as good. */
function queuedAll(ranked: readonly Ranked[], candidates: readonly Candidate[]): Ranked[] {
  const loads = new Map(candidates.map(({ agentId, load }) => [agentId, load]));
  const least = leastLoad(ranked, loads);
  return ranked.map((one) => queued(one, loads.get(one.agentId) ?? null, least));
}

function rank(member: Candidate, wants: Preference): Ranked {
  const { price, rtt, reputation, load, local, fit } = member;
  const points: Record<Term, number> = {
    fit,
    price: Math.max(0, pricePoints(price, wants.ceiling)),
    rtt: rtt === null ? UNKNOWN : half(rtt, RTT_HALF_US),
    reputation: reputation ?? REPUTATION_UNKNOWN,
    load: load === null ? UNKNOWN : half(load, LOAD_HALF),
    local,
  };
  const details: Record<Term, string> = {
    fit: `${fit} of 1000`,
    price: price === null ? 'no price' : String(price),
    rtt: rtt === null ? 'unknown' : `${Math.round(rtt / 1_000)} ms`,
    reputation: reputation === null ? 'no history' : `${reputation} of 1000`,
    load: load === null ? 'unknown' : `${load} thousandths of a worker`,
    local: `${local} thousandths of the bytes`,
  };
  const terms = (Object.keys(WEIGHTS) as Term[]).map((term) => ({
    term,
    points: Math.floor((points[term] * (wants.weights?.[term] ?? WEIGHTS[term])) / 1_000),
    detail: details[term],
  }));
  return {
    agentId: member.agentId,
    operator: member.operator,
    region: member.region,
    score: terms.reduce((sum, term) => sum + term.points, 0),
    terms,
    refused: refusal(member, wants),
  };
}

/**
 * Ranks members, best first, those left out last. With `independent`, members of operators and regions that are not yet represented come
 * before others of equal standing: the first N are then as independent as the candidates allow.
 */
export function rankMembers(
  candidates: readonly Candidate[],
  wants: Preference,
  independent = false,
): Ranked[] {
  const alone = candidates.map((member) => rank(member, wants));
  const ranked = wants.queue === false ? alone : queuedAll(alone, candidates);
  // Rendezvous hashing: each salt has an order of its own, the same on every machine.
  const tie = new Map(
    ranked.map(({ agentId }) => [agentId, toHex(sha256(utf8(`${wants.salt ?? ''} ${agentId}`)))]),
  );
  const order = (a: Ranked, b: Ranked) =>
    Number(a.refused !== null) - Number(b.refused !== null) ||
    b.score - a.score ||
    ((tie.get(a.agentId) as string) < (tie.get(b.agentId) as string) ? -1 : 1);
  ranked.sort(order);
  if (!independent) return ranked;
  const taken: Ranked[] = [];
  const left = ranked.filter(({ refused }) => refused === null);
  while (left.length > 0) {
    // Fewest members of the same operator first, then of the same region, then the best: the list is sorted already.
    const cost = ({ operator, region }: Ranked) =>
      taken.filter((one) => one.operator === operator).length * 1_000 +
      taken.filter((one) => one.region === region).length;
    const best = left.reduce((least, one) => (cost(one) < cost(least) ? one : least));
    left.splice(left.indexOf(best), 1);
    taken.push(best);
  }
  return [...taken, ...ranked.filter(({ refused }) => refused !== null)];
}
