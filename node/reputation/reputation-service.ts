// Reputation from this node's own point of view: its agents' experience, what its chosen partners say, and what flows from there. The
// evidence is read from the logs, at start and as statements arrive; nothing else is kept, and nothing of it is anybody's secret.

import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type Assessment,
  assess,
  dayOf,
  EvidenceBook,
  type Objection,
  type ReputationEvent,
  UNIT,
  type Viewpoint,
} from '../../protocol/reputation/index.ts';
import type { AgentStatement } from '../../protocol/statement/index.ts';
import type { Clock } from '../clock/index.ts';

/** Milliseconds for which a lower bound may be used again: while many tasks are placed, each of them is an event about some member. */
const LOWER_AGE_MS = 1_000;
/** Assessments kept until an event or a new day outdates them all. */
const KEPT_MAX = 4_096;

export interface ReputationDeps {
  readonly clock: Clock;
  /** The agents that live here. */
  readonly own: () => readonly string[];
  readonly partners: readonly string[];
  /** Lower bound that an agent must reach where nobody asks for another: 0 to 1. */
  readonly floor: number;
}

/** What was said against an event. */
export interface Objected {
  /** By the judged agent. */
  readonly appealed: boolean;
  /** Agents that took it back or judge it wrong. Whether that counts depends on who asks. */
  readonly reversedBy: readonly string[];
}

/** May an agent pass, and why. */
export interface Gate {
  readonly ok: boolean;
  /** One sentence for a person. */
  readonly detail: string;
}

/** Reputation as one node sees it. */
export class ReputationService {
  readonly #deps: ReputationDeps;
  readonly #book = new EvidenceBook();
  #kept = new Map<string, Assessment>();
  readonly #lowers = new Map<
    string,
    { readonly value: number | null; readonly at: number; readonly proofs: number }
  >();
  #keptFor = '';
  /** Agents with a history, the best first; worked out anew when anything that counts has changed. */
  #order: readonly string[] | undefined;

  constructor(deps: ReputationDeps) {
    this.#deps = deps;
  }

  /** Takes a verified statement of a log. */
  offer(statement: AgentStatement): void {
    this.#book.offer(statement);
  }

  /** Where trust begins here, today. */
  view(): Viewpoint {
    const { clock, own, partners } = this.#deps;
    return { own: [...own()].sort(), partners: [...partners].sort(), day: dayOf(clock.now()) };
  }

  /** The standing of an agent: `score` and `lower` in millionths, and every term. Never throws; an unknown agent is unproven. */
  of(agentId: AgentId | string): Assessment {
    const view = this.#freshView();
    const known = this.#kept.get(agentId);
    if (known !== undefined) return known;
    const assessment = assess(this.#book, view, agentId);
    if (this.#kept.size >= KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
    this.#kept.set(agentId, assessment);
    return assessment;
  }

  /**
   * The lower bound from 0 to 1,000; null for an agent without history. For the choice of members and relays: up to a second old, unless
   * a proof came since.
   */
  lowerOf(agentId: AgentId | string): number | null {
    const now = this.#deps.clock.now();
    const known = this.#lowers.get(agentId);
    const proofs = this.#book.proofsVersion;
    if (known?.proofs === proofs && now >= known.at && now - known.at < LOWER_AGE_MS) return known.value;
    const { status, lower } = this.of(agentId);
    const value = status === 'unproven' ? null : Math.floor((lower * 1_000) / UNIT);
    this.#lowers.delete(agentId);
    if (this.#lowers.size >= KEPT_MAX) this.#lowers.delete(this.#lowers.keys().next().value as string);
    this.#lowers.set(agentId, { value, at: now, proofs });
    return value;
  }

  /**
   * The gate: refuses whoever a proof stands against, and whoever is below the floor (0 to 1; default: that of the configuration).
   * An unproven agent has a lower bound of 0, so it passes exactly where no floor is asked.
   */
  gate(agentId: AgentId | string, floor: number = this.#deps.floor): Gate {
    const { status, lower, score, events } = this.of(agentId);
    if (status === 'slashed')
      return {
        ok: false,
        detail: 'a proof by its own signatures stands against it; see "zerostate reputation show --explain"',
      };
    const bound = (lower / UNIT).toFixed(3);
    const known =
      status === 'unproven'
        ? 'unproven: nothing that counts here is known of it'
        : `at least ${bound} by ${events} events, expected ${(score / UNIT).toFixed(3)}`;
    return lower < floor * UNIT
      ? { ok: false, detail: `${known}; below the floor of ${floor}` }
      : { ok: true, detail: known };
  }

  /** Agents that anything is known about, the best first. */
  ranked(): readonly string[] {
    this.#freshView();
    this.#order ??= this.#book
      .agents()
      .map((agentId) => ({ agentId, lower: this.of(agentId).lower }))
      .sort((a, b) => b.lower - a.lower || (a.agentId < b.agentId ? -1 : 1))
      .map(({ agentId }) => agentId);
    return this.#order;
  }

  /** The viewpoint of now; forgets what an earlier one led to. */
  #freshView(): Viewpoint {
    const view = this.view();
    const now = `${this.#book.version} ${view.day} ${view.own.join()}`;
    if (now !== this.#keptFor) {
      [this.#kept, this.#keptFor] = [new Map(), now];
      this.#order = undefined;
    }
    return view;
  }

  /** Every event about an agent, the newest first, with who disputes it and who takes it back: those that count nothing here too. */
  events(agentId: AgentId | string): (ReputationEvent & Objected)[] {
    const book = this.#book;
    const events = [
      ...book.proofs(agentId),
      ...book.about(agentId).flatMap(([, { bad, good }]) => [...bad, ...good]),
    ].sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
    return events.map((event) => {
      // A proof is known by each piece of its evidence; an event by its own statement and what it cites.
      const ids = [...new Set([event.id, ...event.evidence])];
      const issuers = (list: (id: string) => readonly Objection[]) => [
        ...new Set(ids.flatMap((id) => list(id).map(({ issuer }) => issuer))),
      ];
      return {
        ...event,
        appealed: ids.some((id) => book.appeals.by(id, event.about)),
        reversedBy: issuers((id) => book.reversals.list(id)),
      };
    });
  }
}
