// Vectors of single words, learnt from the encoder while it is idle. Their mean is a rough vector of a text in microseconds:
// the way out when more queries wait than the encoder can serve. No thread, no encoder in here.

/** Words kept; each takes its numbers in bytes and a little. */
const WORDS_MAX = 20_000;
/** Words that may wait to be learnt. */
const WANTED_MAX = 20_000;
/** Below this share of known words a rough vector would mislead. */
const KNOWN_MIN = 0.5;

const EMPTY_WORDS = new Set(
  'a an the of to in on for and or is are be was with my our your i it this that what which who how do does at by me we you not so as if from can'.split(
    ' ',
  ),
);

function wordsIn(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !EMPTY_WORDS.has(word));
}

export class WordVectors {
  readonly #dims: number;
  readonly #known = new Map<string, { bytes: Int8Array; scale: number }>();
  readonly #wanted = new Set<string>();
  /** Sum of all known vectors: what they have in common says nothing about a text. */
  readonly #sum: Float64Array;

  constructor(dims: number) {
    this.#dims = dims;
    this.#sum = new Float64Array(dims);
  }

  get size(): number {
    return this.#known.size;
  }

  /** Notes the words of a text that are not known yet. */
  notice(text: string): void {
    for (const word of wordsIn(text)) {
      if (this.#wanted.size >= WANTED_MAX || this.#known.size >= WORDS_MAX) return;
      if (!this.#known.has(word)) this.#wanted.add(word);
    }
  }

  /** Takes up to `count` words that should be encoded next. */
  take(count: number): string[] {
    const words: string[] = [];
    for (const word of this.#wanted) {
      if (words.length === count) break;
      words.push(word);
      this.#wanted.delete(word);
    }
    return words;
  }

  learn(word: string, vector: Float32Array): void {
    if (this.#known.has(word) || this.#known.size >= WORDS_MAX) return;
    let top = 0;
    for (const value of vector) top = Math.max(top, Math.abs(value));
    const scale = top === 0 ? 1 : top / 127;
    this.#known.set(word, { bytes: Int8Array.from(vector, (value) => Math.round(value / scale)), scale });
    for (let i = 0; i < this.#dims; i++) this.#sum[i]! += vector[i]!;
  }

  /** A rough vector of unit length, or null when too few of the words are known. */
  roughVector(text: string): Float32Array | null {
    const words = [...new Set(wordsIn(text))];
    const known = words.flatMap((word) => this.#known.get(word) ?? []);
    if (known.length === 0 || known.length < words.length * KNOWN_MIN) return null;
    const out = new Float32Array(this.#dims);
    for (const { bytes, scale } of known) for (let i = 0; i < this.#dims; i++) out[i]! += bytes[i]! * scale;
    const share = known.length / this.#known.size;
    let square = 0;
    for (let i = 0; i < this.#dims; i++) {
      out[i]! -= this.#sum[i]! * share;
      square += out[i]! ** 2;
    }
    if (square === 0) return null;
    const length = Math.sqrt(square);
    return out.map((value) => value / length);
  }
}
