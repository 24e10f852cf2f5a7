// SentencePiece unigram tokenizer of USE-lite: most likely split of a text into vocabulary pieces (Viterbi).
// Gives exactly the ids of the reference implementation, its treatment of unknown characters included, so that
// vectors made elsewhere with the same weights agree. Kudo, arXiv:1804.10959.

/** One piece and its log probability; the row number is its id. */
export type Vocabulary = readonly (readonly [piece: string, logProbability: number])[];

/** Rows 0 to 5 are control symbols that never match text; 0 stands for unknown characters. */
const RESERVED_IDS = 6;
const UNKNOWN_ID = 0;
/** The character that SentencePiece writes for a space. */
const SPACE_MARK = '\u2581';

/** Longest text that is looked at, in code points: 128 pieces of 16 characters, far above what the model reads. */
export const TEXT_POINTS_MAX = 2048;

/** A prefix tree in flat arrays: first child by (node, code point). */
interface Trie {
  readonly next: Map<number, number>;
  readonly id: Int32Array;
}

/** Nodes of the tree fit 20 bits (8,000 pieces make some 20,000 nodes), code points 21: the pair is a safe integer. */
const POINT_BITS = 0x200000;

function buildTrie(vocabulary: Vocabulary): Trie {
  const next = new Map<number, number>();
  const ids: number[] = [-1];
  for (let id = RESERVED_IDS; id < vocabulary.length; id++) {
    let node = 0;
    for (const symbol of vocabulary[id]![0]) {
      const key = node * POINT_BITS + symbol.codePointAt(0)!;
      let child = next.get(key);
      if (child === undefined) {
        child = ids.length;
        ids.push(-1);
        next.set(key, child);
      }
      node = child;
    }
    ids[node] = id;
  }
  return { next, id: Int32Array.from(ids) };
}

/** Splits text into piece ids. */
export class Tokenizer {
  readonly #trie: Trie;
  readonly #score: Float64Array;
  readonly #length: Int32Array;

  constructor(vocabulary: Vocabulary) {
    this.#trie = buildTrie(vocabulary);
    this.#score = Float64Array.from(vocabulary, (row) => row[1]);
    this.#length = Int32Array.from(vocabulary, (row) => Array.from(row[0]).length);
  }

  /** Piece ids of a text; consecutive unknown characters are one id. At most TEXT_POINTS_MAX code points are read. */
  encode(text: string): number[] {
    const normal = text.normalize('NFKC');
    if (normal.length === 0) return [];
    const points = [SPACE_MARK.codePointAt(0)!];
    for (const symbol of normal) {
      points.push(symbol === ' ' ? SPACE_MARK.codePointAt(0)! : symbol.codePointAt(0)!);
      if (points.length >= TEXT_POINTS_MAX) break;
    }
    return this.#backward(this.#forward(points));
  }

  /** For each end position the id of the best piece that ends there. */
  #forward(points: readonly number[]): Int32Array {
    const { next, id } = this.#trie;
    const best = new Float64Array(points.length + 1);
    const piece = new Int32Array(points.length + 1);
    // Every piece that starts at `start` ends later, so best[start] is final when the loop reaches it.
    for (let start = 0; start < points.length; start++) {
      let node: number | undefined = 0;
      let matched = false;
      for (let end = start; end < points.length; end++) {
        node = next.get(node * POINT_BITS + points[end]!);
        if (node === undefined) break;
        const found = id[node]!;
        if (found < 0) continue;
        matched = true;
        relax(best, piece, end + 1, best[start]! + this.#score[found]!, found);
      }
      // An unknown character costs nothing in the reference, and is tried only where no piece starts.
      if (!matched) relax(best, piece, start + 1, best[start]!, UNKNOWN_ID);
    }
    return piece;
  }

  #backward(piece: Int32Array): number[] {
    const ids: number[] = [];
    let at = piece.length - 1;
    while (at > 0) {
      const id = piece[at]!;
      if (!(id === UNKNOWN_ID && ids.at(-1) === UNKNOWN_ID)) ids.push(id);
      at -= this.#length[id]!;
    }
    return ids.reverse();
  }
}

/** Zero means "nothing yet" in the reference, also after a run of unknown characters; kept, because ids must agree. */
function relax(best: Float64Array, piece: Int32Array, end: number, score: number, id: number): void {
  if (best[end] !== 0 && score < best[end]!) return;
  best[end] = score;
  piece[end] = id;
}
