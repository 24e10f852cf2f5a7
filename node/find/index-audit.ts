// What this node thinks of indexes. Does one hide cards? Now and then this node asks an index a question whose answer must hold a card
// that it knows itself (audit-samples.ts). An index that leaves such cards out again and again is asked last, and so is one that
// claimed a false score (score-check.ts). It changes order, never validity; what follows for reputation is in index-reports.ts.

import type { ScoreBounds } from '../../index-service/index.ts';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { AskIndex } from './ask-index.ts';
import { AuditSamples, type Sample } from './audit-samples.ts';
import { type IndexNode, isTrusted } from './index-plan.ts';
import type { FindFilter, Shortlist } from './schema.ts';

/** Mean pause between two rounds. */
const ROUND_MS = 60_000;
/** Index nodes checked in one round. */
const NODES_PER_ROUND_MAX = 3;
/** The card must be among this many answers, unless all of them read at least as near to the question. */
const K = 20;
/** Outcomes remembered for each index node. */
const OUTCOMES_MAX = 20;
/** Outcomes before a share of them says anything. */
const OUTCOMES_MIN = 3;
/** Index nodes remembered. */
const NODES_MAX = 1_000;
/** How long a false score counts: longer than it takes to forget it and ask again, short enough to be mended. */
const FALSE_SCORE_MS = 6 * 3_600_000;
/** One check has this long. */
const CHECK_MS_MAX = 5_000;

export interface IndexAuditDeps {
  readonly ask: AskIndex;
  /** Index nodes other than this one. */
  readonly nodes: () => IndexNode[];
  readonly cards: () => BookEntry[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Bounds of the true score of a card, by the embedder that the index names; undefined where this node cannot compute it. */
  readonly trueScore: (text: string, embedder: string, entry: BookEntry) => Promise<ScoreBounds | undefined>;
  /** Told of an index that is no longer trusted, and of what it did, each time it does it again. */
  readonly onUntrusted?: (peerId: string, what: string) => void;
  /** 0 to 1; for choosing cards. */
  readonly random?: () => number;
}

/** Checks indexes against the cards known here. */
export class IndexAudit {
  readonly #deps: IndexAuditDeps;
  readonly #random: () => number;
  readonly #samples: AuditSamples;
  /** By peer id: true for a card that was left out, newest last. Kept over reconnects. */
  readonly #outcomes = new RecentMap<string, boolean[]>(NODES_MAX);
  /** By peer id: when it last claimed a score that cannot be true. */
  readonly #falseScores = new RecentMap<string, number>(NODES_MAX);
  #cancel: () => void = () => {};

  constructor(deps: IndexAuditDeps) {
    this.#deps = deps;
    this.#random = deps.random ?? Math.random;
    this.#samples = new AuditSamples({ cards: deps.cards, clock: deps.clock, random: this.#random });
  }

  start(): void {
    const next = () => {
      this.#cancel = this.#deps.clock.after(
        ROUND_MS * (0.5 + this.#random()),
        () => void this.round().finally(next),
      );
    };
    next();
  }

  stop(): void {
    this.#cancel();
  }

  /** A score that cannot be true is no accident: one is enough, and it is remembered for a while. */
  noteFalseScore(peerId: string): void {
    this.#falseScores.set(peerId, this.#deps.clock.now());
    this.#deps.onUntrusted?.(peerId, 'it claimed a score that cannot be true');
  }

  /** Remembers a question with the cards that were shown for it: other indexes are tried with it. */
  noteAnswer(text: string, filter: FindFilter, answers: readonly BookEntry[]): void {
    this.#samples.noteAnswer(text, filter, answers);
  }

  /** Share of recent checks in which this index left out a card, 0 while too few were made; 1 for a while after a false score. */
  suspicion(peerId: string): number {
    const lied = this.#falseScores.get(peerId);
    if (lied !== undefined && this.#deps.clock.now() - lied < FALSE_SCORE_MS) return 1;
    const outcomes = this.#outcomes.get(peerId) ?? [];
    return outcomes.length < OUTCOMES_MIN ? 0 : outcomes.filter(Boolean).length / outcomes.length;
  }

  /** Checks some index nodes with one card each. */
  async round(): Promise<void> {
    const chosen = this.#deps
      .nodes()
      .map((node) => [this.#random(), node] as const)
      .sort((a, b) => a[0] - b[0])
      .slice(0, NODES_PER_ROUND_MAX);
    await Promise.all(chosen.map(([, node]) => this.#check(node)));
  }

  async #check(node: IndexNode): Promise<void> {
    const { ask, log, metrics } = this.#deps;
    const sample = this.#samples.draw(node);
    if (sample === undefined) return;
    const { text, filter, entry } = sample;
    try {
      const omitted = await this.#isOmitted(
        sample,
        await ask(node.peerId, { text, k: K, filter }, CHECK_MS_MAX),
      );
      if (omitted === undefined) return;
      this.#note(node.peerId, omitted);
      if (!omitted) return;
      metrics.count('zerostate_index_omissions_total');
      log.warn(
        { index: node.peerId, name: node.name, agentId: entry.agentId },
        'an index left out a card that it should know',
      );
      if (!isTrusted({ suspicion: this.suspicion(node.peerId) }))
        this.#deps.onUntrusted?.(node.peerId, `it left out cards, the last of them ${entry.cardId}`);
    } catch (error) {
      // Silence is judged where answers are awaited, not here.
      log.debug({ index: node.peerId, error: (error as Error).message }, 'index check got no answer');
    }
  }

  /** Undefined when nothing can be said: all answers may rightly stand before the card. */
  async #isOmitted({ text, entry }: Sample, answer: Shortlist): Promise<boolean | undefined> {
    const { embedder, results, rough = false } = answer;
    if (results.some(({ agentId }) => agentId === entry.agentId)) return false;
    // Whatever a card says, it comes before nothing at all.
    if (results.length < K) return true;
    if (rough) return undefined;
    const bounds = await this.#deps.trueScore(text, embedder, entry);
    const last = Math.min(...results.map(({ score }) => score));
    return bounds !== undefined && last < bounds.low ? true : undefined;
  }

  #note(peerId: string, omitted: boolean): void {
    const outcomes = [...(this.#outcomes.get(peerId) ?? []), omitted].slice(-OUTCOMES_MAX);
    this.#outcomes.set(peerId, outcomes);
  }
}
