// Two rankers without meaning, as peers of the retrieval benchmark: hashed bags of words, and BM25.

/** Scores of all texts for a query. */
export type Ranker = (query: string) => number[];

const HASH_DIMS = 256;
const BM25_K1 = 1.2;
const BM25_B = 0.75;

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function hashedBag(text: string): Float32Array {
  const out = new Float32Array(HASH_DIMS);
  for (const word of words(text)) {
    let hash = 2_166_136_261;
    for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 16_777_619);
    out[(hash >>> 8) % HASH_DIMS]! += (hash & 1) === 0 ? 1 : -1;
  }
  const length = Math.hypot(...out) || 1;
  return out.map((value) => value / length);
}

/** Cosine of hashed bags of words. */
export function hashedWords(texts: readonly string[]): Ranker {
  const bags = texts.map(hashedBag);
  return (query) => {
    const asked = hashedBag(query);
    return bags.map((bag) => bag.reduce((sum, value, i) => sum + value * asked[i]!, 0));
  };
}

/** Okapi BM25 (Robertson et al., TREC-3) over the words as they are. */
export function bm25(texts: readonly string[]): Ranker {
  const counts = texts.map((text) => {
    const count = new Map<string, number>();
    for (const word of words(text)) count.set(word, (count.get(word) ?? 0) + 1);
    return count;
  });
  const holders = new Map<string, number>();
  for (const count of counts)
    for (const word of count.keys()) holders.set(word, (holders.get(word) ?? 0) + 1);
  const lengths = counts.map((count) => [...count.values()].reduce((sum, n) => sum + n, 0));
  const mean = lengths.reduce((sum, n) => sum + n, 0) / Math.max(1, lengths.length);
  const rarity = (word: string) =>
    Math.log(1 + (texts.length - holders.get(word)! + 0.5) / (holders.get(word)! + 0.5));
  return (query) => {
    const asked = [...new Set(words(query))];
    return counts.map((count, i) => {
      const damp = BM25_K1 * (1 - BM25_B + (BM25_B * lengths[i]!) / mean);
      return asked.reduce((sum, word) => {
        const often = count.get(word) ?? 0;
        return often === 0 ? sum : sum + (rarity(word) * often * (BM25_K1 + 1)) / (often + damp);
      }, 0);
    });
  };
}
