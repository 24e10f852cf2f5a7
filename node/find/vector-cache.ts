// Vectors of cards by card id, for all who use the same embedder: a card's id covers its bytes, so its vector is the same for every node of a
// process, and is computed once. Judges nothing.

import { cardText, type Embedder } from '../../index-service/index.ts';
import type { BookEntry } from '../cards/card-book.ts';

/** Vectors of cards kept: some 4 MiB at 512 numbers. */
const VECTORS_MAX = 2_048;

/** The vectors of one embedder. */
export class VectorCache {
  readonly #embedder: Pick<Embedder, 'embed'>;
  readonly #vectors = new Map<string, Float32Array>();
  /** Being computed; as many as there are callers that wait. */
  readonly #underWay = new Map<string, Promise<Float32Array>>();

  constructor(embedder: Pick<Embedder, 'embed'>) {
    this.#embedder = embedder;
  }

  /** The vector of a card in this version, if it is here. */
  get({ cardId }: BookEntry): Float32Array | undefined {
    return this.#vectors.get(cardId);
  }

  /** The vector of a card, computed now if need be. Throws what the embedder throws. */
  async of(entry: BookEntry): Promise<Float32Array> {
    const known = this.get(entry);
    if (known !== undefined) return known;
    let computing = this.#underWay.get(entry.cardId);
    if (computing === undefined) {
      computing = this.#compute(entry).finally(() => this.#underWay.delete(entry.cardId));
      this.#underWay.set(entry.cardId, computing);
    }
    return await computing;
  }

  async #compute({ card, cardId }: BookEntry): Promise<Float32Array> {
    const vector = await this.#embedder.embed(cardText(card));
    this.#vectors.set(cardId, vector);
    if (this.#vectors.size > VECTORS_MAX) this.#vectors.delete(this.#vectors.keys().next().value as string);
    return vector;
  }
}

const caches = new WeakMap<Embedder, VectorCache>();

/** The vectors of an embedder: the same for everybody who asks. */
export function vectorsOf(embedder: Embedder): VectorCache {
  let cache = caches.get(embedder);
  if (cache === undefined) {
    cache = new VectorCache(embedder);
    caches.set(embedder, cache);
  }
  return cache;
}
