// All cards of an index in memory: fields by slot, the newest slot of each agent, vectors, words. No files; whoever changes
// it has made the change durable before.

import type { CardAnswer, CardFilter, CardHit } from './interface.ts';
import { hasBit } from './search/bitset.ts';
import { CardColumns } from './search/columns.ts';
import { type EngineAnswer, VectorEngine } from './search/engine.ts';
import { FilterEvaluator } from './search/filter.ts';
import { Lexicon, raised } from './search/lexicon.ts';
import { allows, type Selection, selectionCount } from './search/searcher.ts';
import { wordsOf } from './search/words.ts';
import type { CardFields } from './store/record.ts';
import type { StoredFields } from './stored-fields.ts';

/** An answer without what only the index knows. */
export type TableAnswer = Omit<CardAnswer, 'embedder' | 'rough' | 'mode'> & Pick<EngineAnswer, 'mode'>;

const NO_WORDS: readonly string[] = [];
/** Stored cards decoded between two turns of the event loop: a few milliseconds. */
const LOAD_AT_ONCE = 512;

export interface StoredCard {
  readonly slot: number;
  /** Where the log holds it. */
  readonly offset: number;
  readonly fields: CardFields;
}

export class CardTable {
  readonly engine: VectorEngine;
  readonly #columns = new CardColumns();
  readonly #lexicon = new Lexicon();
  readonly #filters: FilterEvaluator;
  readonly #slotOf = new Map<string, number>();
  readonly #fields: (CardFields | undefined)[] = [];
  readonly #offsets: number[] = [];
  /** Cards of a snapshot that are not decoded yet. */
  #stored: StoredFields | null = null;
  #floats: Promise<void> = Promise.resolve();
  #searching = 0;
  #onIdle: (() => void) | null = null;
  #closed = false;

  constructor(dims: number, threads = true) {
    this.engine = new VectorEngine({ dims, threads });
    this.#filters = new FilterEvaluator(this.#columns, () => this.engine.vectors.living());
  }

  get cards(): number {
    return this.engine.cards;
  }

  /** Slots of replaced and removed cards. */
  get dead(): number {
    return this.engine.vectors.slots - this.engine.cards;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get columns(): CardColumns {
    this.finishLoading();
    return this.#columns;
  }

  get lexicon(): Lexicon {
    this.finishLoading();
    return this.#lexicon;
  }

  agentIds(): IterableIterator<string> {
    this.finishLoading();
    return this.#slotOf.keys();
  }

  find(agentId: string): StoredCard | undefined {
    this.finishLoading();
    const slot = this.#slotOf.get(agentId);
    return slot === undefined ? undefined : this.at(slot);
  }

  /** The card of a living slot. */
  at(slot: number): StoredCard | undefined {
    if (this.#stored !== null && slot >= this.#fields.length) {
      const stored = this.#stored.at(slot);
      return stored === null ? undefined : { slot, ...stored };
    }
    const fields = this.#fields[slot];
    return fields === undefined ? undefined : { slot, offset: this.#offsets[slot]!, fields };
  }

  /** Reputation of an agent, or undefined when no card of it is here. */
  reputation(agentId: string): number | undefined {
    const slot = this.find(agentId)?.slot;
    return slot === undefined ? undefined : this.#columns.reputation(slot);
  }

  /** Cards past their expiry at a time. */
  expired(now: number): number {
    if (this.columns.expiresMin > now) return 0;
    let count = 0;
    for (const slot of this.#slotOf.values()) if (this.#columns.expires(slot) <= now) count++;
    return count;
  }

  /** Adds a card, or replaces the one of its agent. */
  put(fields: CardFields, vector: Float32Array, offset: number, reputation?: number): void {
    const old = this.find(fields.agentId)?.slot;
    const kept = reputation ?? (old === undefined ? undefined : this.#columns.reputation(old));
    this.engine.push(vector);
    this.#lexicon.add(fields.words);
    this.#place(fields, offset, kept);
    if (old !== undefined) this.#kill(old);
  }

  remove(agentId: string): void {
    const slot = this.find(agentId)?.slot;
    if (slot === undefined) return;
    this.#slotOf.delete(agentId);
    this.#kill(slot);
  }

  #kill(slot: number): void {
    this.engine.kill(slot);
    this.#fields[slot] = undefined;
  }

  /** Gives the next slot its fields. */
  #place(fields: CardFields, offset: number, reputation?: number): void {
    const slot = this.#columns.add(fields, reputation);
    // The lexicon keeps the words; twice would double the memory of a card.
    this.#fields[slot] = { ...fields, words: NO_WORDS };
    this.#offsets[slot] = offset;
    this.#slotOf.set(fields.agentId, slot);
  }

  /** Takes over the cards of a snapshot, whose vectors the engine has adopted; they are decoded in the background. */
  adoptStored(stored: StoredFields, floats: Promise<void>): void {
    this.#stored = stored;
    this.#floats = floats;
    const step = () => {
      this.#load(LOAD_AT_ONCE);
      if (this.#stored !== null && !this.#closed) setImmediate(step);
    };
    setImmediate(step);
  }

  /** Decodes what is left of a snapshot, at once. */
  finishLoading(): void {
    if (this.#stored !== null) this.#load(Number.POSITIVE_INFINITY);
  }

  /** Resolves when a snapshot's vectors are all in memory. */
  async floatsLoaded(): Promise<void> {
    await this.#floats;
  }

  #load(count: number): void {
    const stored = this.#stored;
    if (stored === null) return;
    if (this.#fields.length === 0)
      for (const word of stored.vocabulary()) this.#lexicon.vocabulary.intern(word);
    const to = Math.min(stored.slots, this.#fields.length + count);
    for (let slot = this.#fields.length; slot < to; slot++) {
      const card = stored.at(slot);
      this.#lexicon.addIds(stored.wordsAt(slot));
      if (card === null) this.#fields[this.#columns.addDead()] = undefined;
      else this.#place(card.fields, card.offset);
    }
    if (to === stored.slots) this.#stored = null;
  }

  /** The answer to a query, best first; ties by agent id, so that shards and repetitions agree. `text` may be empty. */
  async search(
    vector: Float32Array,
    text: string,
    k: number,
    filter: CardFilter | undefined,
  ): Promise<TableAnswer> {
    if (filter !== undefined) this.finishLoading();
    const selection = this.#filters.select(filter, this.engine.cards);
    this.#searching++;
    try {
      const nearest = await this.engine.search(vector, k, selection);
      const scores = new Map<number, number>();
      nearest.slots.forEach((slot, i) => {
        scores.set(slot, nearest.scores[i]!);
      });
      if (text !== '') await this.#raise(vector, wordsOf(text), selection, scores);
      const results = [...scores].flatMap(([slot, score]) => this.#hit(slot, score));
      results.sort((a, b) => b.score - a.score || (a.agentId < b.agentId ? -1 : 1));
      return {
        results: results.slice(0, k),
        mode: nearest.mode,
        recall: nearest.recall,
        matched: selectionCount(selection),
      };
    } finally {
      if (--this.#searching === 0) this.#onIdle?.();
    }
  }

  /** Adds cards that share rare words with the query, and raises the scores of all that do. */
  async #raise(
    vector: Float32Array,
    words: readonly string[],
    selection: Selection,
    scores: Map<number, number>,
  ): Promise<void> {
    const living = this.engine.vectors.living();
    const matches = this.lexicon.matches(words, (slot) => hasBit(living, slot) && allows(selection, slot));
    if (matches.length === 0) return;
    const slots = Uint32Array.from(matches, ({ slot }) => slot).sort();
    const own = await this.engine.search(vector, slots.length, { kind: 'list', slots });
    own.slots.forEach((slot, i) => {
      scores.set(slot, own.scores[i]!);
    });
    for (const { slot, coverage } of matches) scores.set(slot, raised(scores.get(slot) ?? 0, coverage));
  }

  #hit(slot: number, score: number): CardHit[] {
    // A card may have been replaced while another thread searched.
    const card = this.at(slot);
    if (card === undefined) return [];
    const { agentId, cardId, name } = card.fields;
    return [{ agentId, cardId, name, score: Math.min(1, Math.max(0, score)) }];
  }

  /** Ends the threads once no search runs any more. */
  async retire(): Promise<void> {
    if (this.#searching > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#closed = true;
    await this.#floats;
    await this.engine.close();
  }
}
