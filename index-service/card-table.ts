// All cards of an index in memory: fields by slot, the newest slot of each agent, vectors. No files; whoever changes it has
// made the change durable before.

import type { CardAnswer, CardFilter, CardHit } from './interface.ts';
import { hasBit } from './search/bitset.ts';
import { CardColumns } from './search/columns.ts';
import { VectorEngine } from './search/engine.ts';
import { FilterEvaluator } from './search/filter.ts';
import { Lexicon, raised } from './search/lexicon.ts';
import { allows, type Selection, selectionCount } from './search/searcher.ts';
import { wordsOf } from './search/words.ts';
import type { CardFields } from './store/record.ts';

const NO_WORDS: readonly string[] = [];

export interface StoredCard {
  readonly slot: number;
  /** Where the log holds it. */
  readonly offset: number;
  readonly fields: CardFields;
}

export class CardTable {
  readonly engine: VectorEngine;
  readonly columns = new CardColumns();
  readonly lexicon = new Lexicon();
  readonly #filters: FilterEvaluator;
  readonly #slotOf = new Map<string, number>();
  readonly #fields: (CardFields | undefined)[] = [];
  readonly #offsets: number[] = [];
  #searching = 0;
  #onIdle: (() => void) | null = null;

  constructor(dims: number, threads = true) {
    this.engine = new VectorEngine({ dims, threads });
    this.#filters = new FilterEvaluator(this.columns, () => this.engine.vectors.living());
  }

  get cards(): number {
    return this.#slotOf.size;
  }

  /** Slots of replaced and removed cards. */
  get dead(): number {
    return this.columns.slots - this.#slotOf.size;
  }

  agentIds(): IterableIterator<string> {
    return this.#slotOf.keys();
  }

  find(agentId: string): StoredCard | undefined {
    const slot = this.#slotOf.get(agentId);
    return slot === undefined
      ? undefined
      : { slot, offset: this.#offsets[slot]!, fields: this.#fields[slot]! };
  }

  /** The card of a living slot. */
  at(slot: number): StoredCard | undefined {
    const fields = this.#fields[slot];
    return fields === undefined ? undefined : { slot, offset: this.#offsets[slot]!, fields };
  }

  /** Adds a card, or replaces the one of its agent. */
  put(fields: CardFields, vector: Float32Array, offset: number, reputation?: number): void {
    const old = this.#slotOf.get(fields.agentId);
    const kept = reputation ?? (old === undefined ? undefined : this.columns.reputation(old));
    const slot = this.engine.push(vector);
    this.adoptFields(fields, offset, kept);
    if (old !== undefined) this.#kill(old);
    this.#slotOf.set(fields.agentId, slot);
  }

  remove(agentId: string): void {
    const slot = this.#slotOf.get(agentId);
    if (slot === undefined) return;
    this.#slotOf.delete(agentId);
    this.#kill(slot);
  }

  #kill(slot: number): void {
    this.engine.kill(slot);
    this.#fields[slot] = undefined;
  }

  /** Gives the next slot its fields, the vector being there already; null for a dead slot. For put and for snapshots. */
  adoptFields(fields: CardFields | null, offset: number, reputation?: number): void {
    if (fields === null) {
      this.#fields[this.columns.addDead()] = undefined;
      this.lexicon.add([]);
      return;
    }
    const slot = this.columns.add(fields, reputation);
    // The lexicon keeps the words; twice would double the memory of a card.
    this.#fields[slot] = { ...fields, words: NO_WORDS };
    this.lexicon.add(fields.words);
    this.#offsets[slot] = offset;
    this.#slotOf.set(fields.agentId, slot);
  }

  /** The answer to a query, best first; ties by agent id, so that shards and repetitions agree. `text` may be empty. */
  async search(
    vector: Float32Array,
    text: string,
    k: number,
    filter: CardFilter | undefined,
  ): Promise<Omit<CardAnswer, 'embedder'>> {
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
    const fields = this.#fields[slot];
    if (fields === undefined) return [];
    const { agentId, cardId, name } = fields;
    return [{ agentId, cardId, name, score: Math.min(1, Math.max(0, score)) }];
  }

  /** Ends the threads once no search runs any more. */
  async retire(): Promise<void> {
    if (this.#searching > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.engine.close();
  }
}
