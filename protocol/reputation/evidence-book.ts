// Turns verified statements into events: who can say what about whom, and on what evidence. The events depend on which statements are
// known, never on the order in which they came, so that whoever has the same logs has the same events.

import { RecentMap } from '../bounded/index.ts';
import { receiptDigests } from '../receipt/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  type AgentStatement,
  COMPARISON_PREDICATE,
  isStatementOf,
  RECEIPT_PREDICATE,
  REPUTATION_EVENT_PREDICATE,
} from '../statement/index.ts';
import { ChannelFacts } from './channel-facts.ts';
import {
  EVENTS_PER_PAIR_MAX,
  type EventKind,
  RESULTS_MAX,
  STATEMENTS_MAX,
  UNIT,
  WAITING_MAX,
  WEIGHTS,
} from './limits.ts';
import { Objections } from './objections.ts';

/** One event: append-only, never changed; a reversal is an event of its own. */
export interface ReputationEvent {
  /** Statement that it follows from. */
  readonly id: string;
  readonly kind: EventKind;
  readonly about: string;
  /** Whose word it is; null for a proof, which needs nobody's. */
  readonly rater: string | null;
  /** ms since the epoch. */
  readonly at: number;
  /** In millionths of a unit, before decay. */
  readonly weight: number;
  /** Ids of the statements that bear it out. */
  readonly evidence: readonly string[];
}

interface ReceiptFact {
  readonly executor: string;
  readonly requester: string | null;
  readonly job: string;
  readonly result: string;
}

interface Pair {
  readonly good: ReputationEvent[];
  readonly bad: ReputationEvent[];
}

const NOTHING: Pair = { good: [], bad: [] };
const GOOD: ReadonlySet<EventKind> = new Set(['task-completed', 'payment-settled', 'relay-served']);
/** Kinds of signed events that are read: what receipts show is taken from them and from nobody's word. */
const SAID: ReadonlySet<string> = new Set([
  'task-failed',
  'relay-served',
  'relay-failed',
  'index-failed',
  'partner-lied',
  'payment-settled',
  'payment-defaulted',
]);

/** The events that follow from the statements offered so far. */
export class EvidenceBook {
  readonly #receipts = new RecentMap<string, ReceiptFact>(STATEMENTS_MAX);
  readonly #issuers = new RecentMap<string, string>(STATEMENTS_MAX);
  readonly #waiting = new Map<string, AgentStatement[]>();
  #waitingCount = 0;
  /** about -> rater -> events. */
  readonly #pairs = new Map<string, Map<string, Pair>>();
  /** rater -> whom it has spoken well of. */
  readonly #praised = new Map<string, Set<string>>();
  readonly #results = new RecentMap<string, Map<string, { id: string; at: number }>>(STATEMENTS_MAX);
  readonly #proofs = new Map<string, Map<string, ReputationEvent>>();
  readonly #channels = new ChannelFacts();
  /** Who took an event back, and who disputes one. */
  readonly reversals = new Objections();
  readonly appeals = new Objections();
  #version = 0;
  #proofsVersion = 0;

  /** Changes whenever an event is added. */
  get version(): number {
    return this.#version;
  }

  /** Changes whenever what is proven changes. */
  get proofsVersion(): number {
    return this.#proofsVersion;
  }

  /** Takes a verified statement. Statements of other kinds are remembered as evidence only. */
  offer(statement: AgentStatement): void {
    const { id } = statement;
    if (this.#issuers.has(id)) return;
    this.#issuers.set(id, statement.issuer);
    if (isStatementOf(statement, RECEIPT_PREDICATE)) this.#receipt(statement);
    else this.#consider(statement);
    const waiting = this.#waiting.get(id) ?? [];
    this.#waiting.delete(id);
    this.#waitingCount -= waiting.length;
    for (const other of waiting) this.#consider(other);
  }

  /** Everybody that anything is known about, sorted. */
  agents(): string[] {
    return [...new Set([...this.#pairs.keys(), ...this.#proofs.keys()])].sort();
  }

  /** What each rater says about an agent, raters sorted. */
  about(
    agent: string,
  ): [rater: string, pair: { good: readonly ReputationEvent[]; bad: readonly ReputationEvent[] }][] {
    return [...(this.#pairs.get(agent) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** What one agent says of another. */
  between(
    rater: string,
    about: string,
  ): { good: readonly ReputationEvent[]; bad: readonly ReputationEvent[] } {
    return this.#pairs.get(about)?.get(rater) ?? NOTHING;
  }

  /** Whom a rater has spoken well of, sorted. */
  praisedBy(rater: string): string[] {
    return [...(this.#praised.get(rater) ?? [])].sort();
  }

  /** Proofs against an agent. */
  proofs(agent: string): ReputationEvent[] {
    return [...(this.#proofs.get(agent)?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #receipt(statement: AgentStatement<typeof RECEIPT_PREDICATE>): void {
    const { deterministic, observed, issuedAt } = statement.statement.predicate;
    const { job, result } = receiptDigests(deterministic);
    this.#receipts.set(statement.id, {
      executor: statement.issuer,
      requester: observed.requester,
      job,
      result,
    });
    const key = `${statement.issuer} ${job}`;
    const results = this.#results.get(key) ?? new Map<string, { id: string; at: number }>();
    this.#results.set(key, results);
    const known = results.get(result);
    // Of equal results the smallest id stands for all, in whatever order they came.
    if (known !== undefined ? statement.id < known.id : results.size < RESULTS_MAX)
      results.set(result, { id: statement.id, at: Date.parse(issuedAt) });
    if (results.size < 2) return;
    const pair = [...results.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, 2);
    const at = Math.max(...pair.map((item) => item.at));
    const evidence = pair.map((item) => item.id);
    this.#prove('contradiction', statement.issuer, job, at, evidence);
  }

  /** What is proven about an agent in one matter, in place of what was; without evidence, nothing. */
  #prove(kind: EventKind, about: string, matter: string, at: number, evidence: readonly string[]): void {
    const proofs = this.#proofs.get(about) ?? new Map<string, ReputationEvent>();
    const [id] = evidence;
    if (id === undefined && !proofs.delete(matter)) return;
    if (id !== undefined)
      proofs.set(matter, { id, kind, about, rater: null, at, weight: WEIGHTS[kind], evidence });
    this.#proofs.set(about, proofs);
    this.#version += 1;
    this.#proofsVersion += 1;
  }

  #consider(statement: AgentStatement): void {
    if (isStatementOf(statement, ACCEPTANCE_PREDICATE)) this.#acceptance(statement);
    else if (isStatementOf(statement, COMPARISON_PREDICATE)) this.#comparison(statement);
    else if (isStatementOf(statement, REPUTATION_EVENT_PREDICATE)) this.#said(statement);
    else
      for (const { about, at, channel, evidence } of this.#channels.offer(statement))
        this.#prove('channel-cheated', about, channel, at, evidence);
  }

  /** True when all are known; else the statement waits for the first that is not. */
  #have(ids: readonly string[], statement: AgentStatement): boolean {
    const missing = ids.find((id) => !this.#issuers.has(id));
    if (missing === undefined) return true;
    if (this.#waitingCount >= WAITING_MAX) {
      const [oldest, list] = this.#waiting.entries().next().value as [string, AgentStatement[]];
      this.#waiting.delete(oldest);
      this.#waitingCount -= list.length;
    }
    this.#waiting.set(missing, [...(this.#waiting.get(missing) ?? []), statement]);
    this.#waitingCount += 1;
    return false;
  }

  /** A receipt countersigned by the very requester that it names: the one way to earn with tasks. */
  #acceptance(statement: AgentStatement<typeof ACCEPTANCE_PREDICATE>): void {
    const { receipt, executor, resultDigest: result, issuedAt } = statement.statement.predicate;
    if (!this.#have([receipt], statement)) return;
    const fact = this.#receipts.get(receipt);
    if (fact?.requester !== statement.issuer || fact.executor !== executor || fact.result !== result) return;
    // One event a receipt, however often it is accepted.
    this.#add(receipt, 'task-completed', executor, statement.issuer, issuedAt, UNIT, [receipt, statement.id]);
  }

  /** Runs of one task that were compared: whoever stands against a strict majority of other executors. */
  #comparison(statement: AgentStatement<typeof COMPARISON_PREDICATE>): void {
    const { runs, jobDigest: job, outcome, resultDigest: majority, issuedAt } = statement.statement.predicate;
    if (outcome !== 'diverged' || majority === null) return;
    const ids = runs.map(({ receipt }) => receipt);
    if (!this.#have(ids, statement)) return;
    const holds = runs.every(({ receipt, executor, resultDigest: result }) => {
      const fact = this.#receipts.get(receipt);
      return (
        fact !== undefined &&
        fact.executor === executor &&
        fact.result === result &&
        fact.job === job &&
        fact.requester === statement.issuer
      );
    });
    if (!holds) return;
    for (const run of runs)
      if (run.resultDigest !== majority)
        this.#add(statement.id, 'task-diverged', run.executor, statement.issuer, issuedAt, UNIT, ids);
  }

  #said(statement: AgentStatement<typeof REPUTATION_EVENT_PREDICATE>): void {
    const { about, kind, value, evidence, issuedAt } = statement.statement.predicate;
    const objection = { id: statement.id, issuer: statement.issuer };
    if (kind === 'appeal' || kind === 'reversal') {
      if (kind === 'appeal' && about !== statement.issuer) return;
      for (const id of evidence) (kind === 'appeal' ? this.appeals : this.reversals).add(id, objection);
      this.#version += 1;
      return;
    }
    if (!SAID.has(kind)) return;
    const isPayment = kind === 'payment-settled' || kind === 'payment-defaulted';
    if (!this.#have(evidence, statement)) return;
    // Nobody is judged about a payment without something that it signed itself.
    if (isPayment && !evidence.some((id) => this.#issuers.get(id) === about)) return;
    const share = Math.abs(value) * (UNIT / 100);
    if (share > 0 && value > 0 === GOOD.has(kind as EventKind))
      this.#add(statement.id, kind as EventKind, about, statement.issuer, issuedAt, share, evidence);
  }

  #add(
    id: string,
    kind: EventKind,
    about: string,
    rater: string,
    issuedAt: string,
    share: number,
    evidence: readonly string[],
  ): void {
    // Praise of oneself is none.
    if (rater === about) return;
    const pairs = this.#pairs.get(about) ?? new Map<string, Pair>();
    this.#pairs.set(about, pairs);
    const pair = pairs.get(rater) ?? { good: [], bad: [] };
    pairs.set(rater, pair);
    const list = GOOD.has(kind) ? pair.good : pair.bad;
    const at = Date.parse(issuedAt);
    const weight = Math.floor((WEIGHTS[kind] * share) / UNIT);
    const known = list.findIndex((event) => event.id === id);
    // Accepted twice: the earlier counts, in whatever order they came.
    if (known !== -1) {
      if ((list[known] as ReputationEvent).at <= at) return;
      list.splice(known, 1);
    }
    // The newest first, of one moment by id: what comes is most often the newest.
    const after = list.findIndex((event) => event.at < at || (event.at === at && id < event.id));
    list.splice(after === -1 ? list.length : after, 0, { id, kind, about, rater, at, weight, evidence });
    if (list.length > EVENTS_PER_PAIR_MAX) list.pop();
    if (GOOD.has(kind)) this.#praised.set(rater, (this.#praised.get(rater) ?? new Set()).add(about));
    this.#version += 1;
  }
}
