// Which cards hold which words, for names and rare words that a sentence embedder does not know. Raises the score of cards
// that share rare words with a query; common words move little.

import { PostingList } from './posting-list.ts';
import { StringTable } from './string-table.ts';

/** Most that shared words can close of the gap between a score and 1. Chosen on half of the queries of the retrieval benchmark. */
const WORDS_SHARE = 0.2;
/** Words in more cards than this share bring in no cards of their own. */
const COMMON_SHARE = 1 / 50;
/** In a small index every word may bring in its cards, up to this many. */
const COMMON_CARDS_MIN = 64;
/** Cards that shared words may bring in. */
const BROUGHT_MAX = 1_024;

/** A slot and the weighted share of the query's words that its card holds, 0..1. */
export interface WordMatch {
  readonly slot: number;
  readonly coverage: number;
}

export class Lexicon {
  readonly #words = new StringTable();
  readonly #postings: PostingList[] = [];
  readonly #wordsOf: Uint32Array[] = [];

  /** Words of the next slot. */
  add(words: readonly string[]): void {
    this.addIds(Uint32Array.from(words, (word) => this.#words.intern(word)));
  }

  /** The same by numbers of known words. */
  addIds(ids: Uint32Array): void {
    const slot = this.#wordsOf.length;
    this.#wordsOf.push(ids);
    for (const id of ids) {
      this.#postings[id] ??= new PostingList();
      this.#postings[id].push(slot);
    }
  }

  /** Numbers of the words given for a slot. */
  idsAt(slot: number): Uint32Array {
    return this.#wordsOf[slot]!;
  }

  /** Every word, by number. */
  get vocabulary(): StringTable {
    return this.#words;
  }

  /** Slots that share words with the query, dead ones included; `slots` that `allowed` refuses are left out. */
  matches(words: readonly string[], allowed: (slot: number) => boolean): WordMatch[] {
    const query = words.map((word) => this.#weigh(word));
    const total = query.reduce((sum, { weight }) => sum + weight, 0);
    const common = Math.max(COMMON_CARDS_MIN, this.#wordsOf.length * COMMON_SHARE);
    const coverage = new Map<number, number>();
    // Rare words first: they decide which cards are looked at.
    query.sort((a, b) => a.count - b.count);
    for (const { id, count, weight } of query) {
      if (id === undefined) continue;
      if (count <= common && coverage.size < BROUGHT_MAX) {
        for (const slot of this.#postings[id]!.view()) {
          if (!allowed(slot)) continue;
          coverage.set(slot, (coverage.get(slot) ?? 0) + weight / total);
          if (coverage.size === BROUGHT_MAX) break;
        }
      } else {
        for (const [slot, sum] of coverage)
          if (this.#wordsOf[slot]!.includes(id)) coverage.set(slot, sum + weight / total);
      }
    }
    return Array.from(coverage, ([slot, share]) => ({ slot, coverage: share }));
  }

  /** Squared inverse document frequency (Spärck Jones 1972): a word that no card holds weighs most, and holds others back. */
  #weigh(word: string): { id: number | undefined; count: number; weight: number } {
    const known = this.#words.find(word);
    // A word of a snapshot may have lost all its cards.
    const id = known === undefined || this.#postings[known] === undefined ? undefined : known;
    const count = id === undefined ? 0 : this.#postings[id]!.length;
    return { id, count, weight: Math.log(1 + (this.#wordsOf.length + 0.5) / (count + 0.5)) ** 2 };
  }
}

/** A score raised by shared words: closes up to WORDS_SHARE of the gap to 1. */
export function raised(score: number, coverage: number): number {
  return 1 - (1 - score) * (1 - WORDS_SHARE * coverage);
}
