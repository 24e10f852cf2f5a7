// Computes again what an index claims: a score is a function of query and card, and this node has both. An index that inflates a
// score is found out, and its claim is replaced. Never delays an answer for longer than its budget; what was not ready by then is
// judged behind the answer.

import { cardText, type Embedder, type ScoreBounds, scoreBounds } from '../../index-service/index.ts';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import { type Clock, within } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { CardVectors } from './card-vectors.ts';
import { borrowEmbedder } from './shared-embedder.ts';

/** Vectors of queries kept. */
const QUERIES_MAX = 64;
/** How long an answer may wait for its scores (milliseconds): a few cards that nobody asked for before. */
const WAIT_MS_MAX = 100;
/** An answer that is later than this (milliseconds) does not wait for its scores as long as it might: the ceiling is 300. */
const LATE_MS = 250;
/** It waits so long in any case (milliseconds): what has been computed before is there at once. */
const WAIT_MS_MIN = 25;
/** The encoder is loaded so long after there is an index to ask (milliseconds): a node that has just started has other work. */
const WARM_AFTER_MS = 2_000;
/** Checks under way at once; more are let go, so that finds never queue behind each other's cards. */
const CHECKS_MAX = 8;

/** What an index said of a card that this node has in the same version. */
export interface ScoreClaim {
  readonly entry: BookEntry;
  readonly claimed: number;
  /** Peer id of the index. */
  readonly by: string;
  /** The index used a rough vector and said so: its score is replaced, and nobody is blamed. */
  readonly rough: boolean;
}

/** By agent id: what the score must be within. Missing: not computed in time, or not computable here. */
export type ComputedScores = ReadonlyMap<string, ScoreBounds>;

export interface ScoreCheckDeps {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Told of each claim that is false. */
  readonly onFalse: (peerId: string) => void;
  readonly borrow?: typeof borrowEmbedder;
  readonly waitMs?: number;
}

/** How long an answer waits for its scores (milliseconds), so long after its question came. */
export function scoreWaitMs(elapsedMs: number): number {
  return Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, LATE_MS - elapsedMs));
}

/** True when an index may have said this. */
export function isHonest(claimed: number, { low, high }: ScoreBounds): boolean {
  return claimed >= low && claimed <= high;
}

/** Checks scores. Loads an embedder at the first use and not before. */
export class ScoreCheck {
  readonly #deps: ScoreCheckDeps;
  readonly #cards: CardVectors;
  readonly #queries = new RecentMap<string, Promise<Float32Array>>(QUERIES_MAX);
  #borrowed: ReturnType<typeof borrowEmbedder> | undefined;
  #running = 0;
  #cancelWarming: (() => void) | undefined;
  #stopped = false;

  constructor(deps: ScoreCheckDeps) {
    this.#deps = deps;
    this.#cards = new CardVectors({ clock: deps.clock, embedder: () => this.#embedder() });
  }

  /**
   * Loads before long what every check needs, and computes the vectors of cards known, so that the first question finds them there; never waits,
   * never fails.
   */
  warmUp(known: () => readonly BookEntry[]): void {
    if (this.#stopped) return;
    this.#cancelWarming ??= this.#deps.clock.after(WARM_AFTER_MS, () => {
      if (this.#stopped) return;
      void this.#embedder()
        .then(async (embedder) => {
          await embedder.warmUp?.();
          if (!this.#stopped) this.#cards.start(known());
        })
        .catch((error: Error) => this.#deps.log.debug({ error: error.message }, 'the encoder is not loaded'));
    });
  }

  /** A card that is new here. Never waits. */
  offer(entry: BookEntry): void {
    this.#cards.offer(entry);
  }

  /** Starts what a check of this query will need; never waits, never fails. */
  prepare(text: string): void {
    if (!this.#stopped) void this.#queryVector(text).catch(() => {});
  }

  /** Bounds of the claimed scores, as far as they are there in time (`waitMs`). `embedder` is what the index says it uses. */
  async check(
    text: string,
    embedder: string,
    claims: readonly ScoreClaim[],
    waitMs: number = WAIT_MS_MAX,
  ): Promise<ComputedScores> {
    const computed = new Map<string, ScoreBounds>();
    if (claims.length === 0 || this.#stopped || this.#running >= CHECKS_MAX) return computed;
    this.#running += 1;
    const work = this.#compute(text, embedder, claims, computed)
      .catch((error: Error) => this.#deps.log.debug({ error: error.message }, 'scores not computed'))
      .finally(() => {
        this.#running -= 1;
      });
    await within(this.#deps.clock, this.#deps.waitMs ?? waitMs, work);
    // A copy: what comes later must not change an answer that is being made.
    return new Map(computed);
  }

  /** Bounds of the true score of one card, however long it takes; undefined for another embedder, or when nothing can be computed here. */
  async boundsOf(text: string, embedderId: string, entry: BookEntry): Promise<ScoreBounds | undefined> {
    const computed = new Map<string, ScoreBounds>();
    if (this.#stopped) return undefined;
    // A claim that nobody made is never false.
    const asked: ScoreClaim = { entry, claimed: 0, by: '', rough: true };
    await this.#compute(text, embedderId, [asked], computed).catch((error: Error) =>
      this.#deps.log.debug({ error: error.message }, 'score not computed'),
    );
    return computed.get(entry.agentId);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelWarming?.();
    this.#cards.stop();
    await (await this.#borrowed?.catch(() => undefined))?.release();
    this.#borrowed = undefined;
  }

  async #compute(
    text: string,
    embedderId: string,
    claims: readonly ScoreClaim[],
    computed: Map<string, ScoreBounds>,
  ): Promise<void> {
    const embedder = await this.#embedder();
    if (embedder.id !== embedderId) return;
    const query = { text, vector: await this.#queryVector(text) };
    const judge = (claim: ScoreClaim, vector: Float32Array) => {
      const bounds = scoreBounds(query, { text: cardText(claim.entry.card), vector });
      computed.set(claim.entry.agentId, bounds);
      if (!claim.rough && !isHonest(claim.claimed, bounds)) this.#blame(claim, bounds);
    };
    const missing = claims.filter((claim) => {
      const known = this.#cards.get(claim.entry);
      if (known !== undefined) judge(claim, known);
      return known === undefined;
    });
    // All at once: they share their turns at the encoder, which works in their order, so that those at the top are there first when time
    // runs out.
    await Promise.all(
      missing.map(async (claim) => {
        judge(claim, await this.#cards.of(claim.entry));
      }),
    );
  }

  #blame({ entry, claimed, by }: ScoreClaim, { cosine }: ScoreBounds): void {
    const { log, metrics, onFalse } = this.#deps;
    metrics.count('zerostate_index_false_scores_total');
    log.warn({ index: by, agentId: entry.agentId, claimed, cosine }, 'an index claimed a false score');
    onFalse(by);
  }

  async #embedder(): Promise<Embedder> {
    this.#borrowed ??= (this.#deps.borrow ?? borrowEmbedder)();
    return (await this.#borrowed).embedder;
  }

  #queryVector(text: string): Promise<Float32Array> {
    const known = this.#queries.get(text);
    if (known !== undefined) return known;
    const vector = this.#embedder().then((embedder) => embedder.embed(text));
    this.#queries.set(text, vector);
    vector.catch(() => this.#queries.delete(text));
    return vector;
  }
}
