// Judges one agent from one's own point of view. Evidence counts as far as it flows: from one's own agents, along edges of accepted work,
// to whoever speaks about the agent, never more over an edge than that edge carries. However many identities an adversary makes, all that
// they say passes the edges between honest agents and them, and weighs no more than those carry together (max-flow, min-cut); see
// docs/reference/reputation.md for the argument and its sources.

import { canonicalJson, type JsonValue } from '../json/index.ts';
import { dayOf, decayed } from './decay.ts';
import type { EvidenceBook, ReputationEvent } from './evidence-book.ts';
import { FlowNetwork } from './flow.ts';
import { AGENTS_MAX, EDGE_MAX, EVIDENCE_SHOWN, HOPS_MAX, OWN_EDGE_MAX, PARTNER_MAX } from './limits.ts';
import { type Posterior, posterior } from './posterior.ts';

/** Whose point of view: where trust begins. */
export interface Viewpoint {
  /** One's own agents: what they say is one's own experience. */
  readonly own: readonly string[];
  /** Agents that one trusts by choice, within a limit. */
  readonly partners: readonly string[];
  /** Number of the day (UTC) up to which evidence counts. */
  readonly day: number;
}

/** What one rater, or a proof, adds. */
export interface Term {
  readonly side: 'good' | 'bad';
  /** own: seen by an own agent. via: said by another. proof: signed by the agent itself. */
  readonly source: 'own' | 'via' | 'proof';
  readonly rater: string | null;
  /** What the rater says after decay, at most what one word carries; millionths of a unit. */
  readonly said: number;
  /** How much of it flows to here. */
  readonly counted: number;
  readonly events: number;
  /** Statement ids, newest first. */
  readonly evidence: readonly string[];
  /** 'appealed' while the agent disputes some of it. */
  readonly note: 'appealed' | null;
}

export interface Assessment extends Posterior {
  readonly about: string;
  /** unproven: nothing is known. slashed: a proof stands against it. */
  readonly status: 'unproven' | 'rated' | 'slashed';
  readonly good: number;
  readonly bad: number;
  /** Events that were looked at, those that count nothing included. */
  readonly events: number;
  readonly terms: readonly Term[];
}

/** Names of the ends in the network: no agent id looks so. */
const SOURCE = '*';
const SINK = '!';

/** Judges an agent. Pure: the same book, viewpoint and agent give the same bytes everywhere. */
export function assess(book: EvidenceBook, view: Viewpoint, about: string): Assessment {
  const roots = new Set([...view.own, ...view.partners]);
  const stands = (event: ReputationEvent) => !isReversed(book, event, roots);
  const good = flowing(book, view, about, 'good', stands);
  const bad = flowing(book, view, about, 'bad', stands);
  const proofs = book.proofs(about).filter(stands);
  const proven = proofs.map((event) => proofTerm(book, event, view.day)).filter(({ counted }) => counted > 0);
  const terms = [...proven, ...bad, ...good];
  const sum = (list: readonly Term[]) => list.reduce((total, term) => total + term.counted, 0);
  const totals = { good: sum(good), bad: sum(bad) + sum(proven) };
  return {
    about,
    status: proven.length > 0 ? 'slashed' : totals.good + totals.bad === 0 ? 'unproven' : 'rated',
    ...posterior(totals.good, totals.bad),
    ...totals,
    events: terms.reduce((count, term) => count + term.events, 0),
    terms,
  };
}

/** The bytes that two who recompute a score compare. */
export function assessmentBytes(assessment: Assessment): Uint8Array {
  return canonicalJson(assessment as unknown as JsonValue);
}

/** True when an event was taken back by whoever said it, or judged wrong by an own agent or partner. */
function isReversed(book: EvidenceBook, event: ReputationEvent, roots: ReadonlySet<string>): boolean {
  const { evidence, id: eventId, rater } = event;
  const reversed = (rater === null ? evidence : [eventId, ...evidence]).filter((id) =>
    book.reversals.any(id),
  );
  // Nearly always: this is asked about every event that an agent has.
  if (reversed.length === 0) return false;
  const heard = [...roots, ...(rater === null ? [] : [rater])];
  return reversed.some((id) => heard.some((issuer) => book.reversals.by(id, issuer)));
}

function isAppealed(book: EvidenceBook, events: readonly ReputationEvent[], about: string): boolean {
  return events.some((event) => [event.id, ...event.evidence].some((id) => book.appeals.by(id, about)));
}

function proofTerm(book: EvidenceBook, event: ReputationEvent, day: number): Term {
  const counted = decayed(event.weight, day - dayOf(event.at));
  return {
    side: 'bad',
    source: 'proof',
    rater: null,
    said: counted,
    counted,
    events: 1,
    evidence: event.evidence,
    note: isAppealed(book, [event], event.about) ? 'appealed' : null,
  };
}

/** What events weigh together on a day, at most `most`. */
function weigh(events: readonly ReputationEvent[], day: number, most: number): number {
  let sum = 0;
  for (const { at, weight } of events) sum += decayed(weight, day - dayOf(at));
  return Math.min(most, sum);
}

/** One side of the evidence about an agent, as far as it flows from the roots. */
function flowing(
  book: EvidenceBook,
  view: Viewpoint,
  about: string,
  side: 'good' | 'bad',
  stands: (event: ReputationEvent) => boolean,
): Term[] {
  const { day } = view;
  const own = new Set(view.own);
  const said = book
    .about(about)
    .map(([rater, pair]) => ({ rater, events: pair[side].filter(stands) }))
    .map(({ rater, events }) => ({
      rater,
      events,
      amount: weigh(events, day, own.has(rater) ? OWN_EDGE_MAX : EDGE_MAX),
    }))
    .filter(({ amount }) => amount > 0);
  if (said.length === 0) return [];
  const network = trustNetwork(book, view, about, stands);
  for (const { rater, amount } of said) network.add(rater, SINK, amount);
  network.maxFlow(SOURCE, SINK);
  const counted = new Map(network.into(SINK).map(({ from, flow }) => [from, flow]));
  return said.map(({ rater, events, amount }) => ({
    side,
    source: own.has(rater) ? 'own' : 'via',
    rater,
    said: amount,
    counted: counted.get(rater) ?? 0,
    events: events.length,
    evidence: events.slice(0, EVIDENCE_SHOWN).map(({ id }) => id),
    note: isAppealed(book, events, about) ? 'appealed' : null,
  }));
}

/** Who is trusted how far: edges of accepted work, from the roots outwards, the nearest agents first. The judged one vouches for nobody. */
function trustNetwork(
  book: EvidenceBook,
  view: Viewpoint,
  about: string,
  stands: (event: ReputationEvent) => boolean,
): FlowNetwork {
  const network = new FlowNetwork();
  const own = new Set(view.own);
  let ring: string[] = [];
  for (const root of [...new Set([...view.own, ...view.partners])].sort()) {
    if (root === about) continue;
    network.add(SOURCE, root, own.has(root) ? Number.MAX_SAFE_INTEGER : PARTNER_MAX);
    ring.push(root);
  }
  const seen = new Set(ring);
  // The last step, from whoever speaks to the judged one, is the caller's.
  for (let hop = 1; hop < HOPS_MAX && ring.length > 0; hop++) {
    const next: string[] = [];
    for (const rater of ring)
      for (const target of book.praisedBy(rater)) {
        if (target === about) continue;
        const events = book.between(rater, target).good.filter(stands);
        const amount = weigh(events, view.day, own.has(rater) ? OWN_EDGE_MAX : EDGE_MAX);
        if (amount === 0 || (!seen.has(target) && seen.size >= AGENTS_MAX)) continue;
        network.add(rater, target, amount);
        if (seen.has(target)) continue;
        seen.add(target);
        next.push(target);
      }
    ring = next;
  }
  return network;
}
