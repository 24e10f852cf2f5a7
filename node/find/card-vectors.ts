// Has the vectors of some cards computed ahead of the first question, a few a second, so that an answer need not wait for them. Judges nothing.

import type { Embedder } from '../../index-service/index.ts';
import { RecentMap } from '../../protocol/bounded/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import { type VectorCache, vectorsOf } from './vector-cache.ts';

/** Cards that wait to be computed ahead; the newest ones, for a node may know a hundred thousand. */
const AHEAD_MAX = 256;
/** Pause before each of these (milliseconds): a card takes some 8 ms of another thread, so this is 3 % of a core for a minute. */
const AHEAD_MS = 250;

export interface CardVectorsDeps {
  readonly clock: Pick<Clock, 'after'>;
  readonly embedder: () => Promise<Embedder>;
}

/** The vectors. */
export class CardVectors {
  readonly #deps: CardVectorsDeps;
  /** Of the embedder, once it is there. */
  #vectors: VectorCache | undefined;
  /** By agent, the one offered last at the end. */
  readonly #ahead = new RecentMap<string, BookEntry>(AHEAD_MAX);
  #cancel: (() => void) | undefined;
  #isOpen = false;

  constructor(deps: CardVectorsDeps) {
    this.#deps = deps;
  }

  /** The vector of a card in this version, if it is here. */
  get(entry: BookEntry): Float32Array | undefined {
    return this.#vectors?.get(entry);
  }

  /** The vector of a card, computed now if need be. Throws what the embedder throws. */
  async of(entry: BookEntry): Promise<Float32Array> {
    this.#vectors ??= vectorsOf(await this.#deps.embedder());
    return await this.#vectors.of(entry);
  }

  /** From here on computes ahead what is offered, and the last of these. */
  start(known: readonly BookEntry[]): void {
    this.#isOpen = true;
    for (const entry of known.slice(-AHEAD_MAX)) this.offer(entry);
  }

  stop(): void {
    this.#isOpen = false;
    this.#cancel?.();
    this.#ahead.clear();
  }

  /** A card that a question may bring up. Never waits. */
  offer(entry: BookEntry): void {
    if (!this.#isOpen) return;
    this.#ahead.set(entry.agentId, entry);
    this.#next();
  }

  #next(): void {
    this.#cancel ??= this.#deps.clock.after(AHEAD_MS, () => void this.#compute());
  }

  async #compute(): Promise<void> {
    const [agentId, entry] = this.#ahead.entries().next().value ?? [];
    if (agentId !== undefined) this.#ahead.delete(agentId);
    // What cannot be computed now is computed when it is asked for.
    if (entry !== undefined) await this.of(entry).catch(() => {});
    this.#cancel = undefined;
    if (this.#isOpen && this.#ahead.size > 0) this.#next();
  }
}
