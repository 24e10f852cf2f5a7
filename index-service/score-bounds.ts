// What an honest index may say of one card: computed again by whoever asked, from the text of the card alone. Pure.

import { raised } from './search/lexicon.ts';
import { wordsOf } from './search/words.ts';

/** Scores of one embedder agree to some 1e-7; this much more is no lie. */
const TOLERANCE = 1e-3;

export interface ScoreBounds {
  /** Cosine of query and card, 0..1. */
  readonly cosine: number;
  readonly low: number;
  /** Above `low` only where query and card share words: how rare these are, only the index knows. */
  readonly high: number;
}

/** Bounds of the score of a card, given both texts and their vectors of unit length by the index's own embedder. */
export function scoreBounds(
  query: { readonly text: string; readonly vector: Float32Array },
  card: { readonly text: string; readonly vector: Float32Array },
): ScoreBounds {
  const dot = query.vector.reduce((sum, value, i) => sum + value * card.vector[i]!, 0);
  const cosine = Math.min(1, Math.max(0, dot));
  const words = new Set(wordsOf(card.text));
  const shared = wordsOf(query.text).some((word) => words.has(word));
  return {
    cosine,
    low: cosine - TOLERANCE,
    high: (shared ? raised(cosine, 1) : cosine) + TOLERANCE,
  };
}
