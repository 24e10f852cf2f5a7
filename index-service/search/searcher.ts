// Runs one search at a time on one thread, by one of three methods. Knows slots and vectors, not cards.
//
// exact       int8 scores with their proven error bound choose candidates, float32 orders them: the true k best
// compressed  nearest first sign bits, nearest sign bits, then as exact: recall near 1, measured
// graph       beam search over int8, then float32: recall near 1, measured

import { CANDIDATES_MAX, LIST_SLOTS_MAX, WALK_SLOTS_MAX } from '../limits.ts';
import type { KernelMemory } from '../simd/instantiate.ts';
import { hasBit } from './bitset.ts';
import { type SearchExports, searchInstance } from './kernel.ts';
import { ENTRIES, type Layout, type Scratch } from './layout.ts';

/** Which slots may be answered. `bits` has one bit per slot; `living` means the shared bitmap of living slots. */
export type Selection =
  | { readonly kind: 'list'; readonly slots: Uint32Array }
  | { readonly kind: 'bits'; readonly bits: Uint32Array; readonly count: number }
  | { readonly kind: 'living'; readonly count: number };

export type Method =
  | { readonly mode: 'exact' }
  /** `want`: candidates taken from the sign bits. */
  | { readonly mode: 'compressed'; readonly want: number }
  /** `beam`: width of the search; `built`: slots below this are in the graph, the rest is scanned. */
  | { readonly mode: 'graph'; readonly beam: number; readonly built: number };

export interface SearchJob {
  readonly vector: Float32Array;
  readonly k: number;
  readonly selection: Selection;
  readonly method: Method;
  /** Slots that exist. */
  readonly slots: number;
}

export interface Hits {
  readonly slots: Uint32Array;
  readonly scores: Float32Array;
}

/** Slots looked at for each place of a graph search's width: ten times what is usual, so that hard queries end well. */
const WALK_SLOTS_PER_WIDTH = 96;
/** Above this share of passing slots comparing all of them in order is as cheap as jumping from one to the next. */
export const LIST_SHARE_MAX = 0.4;
/** Slots that the first 128 sign bits let through for each that all bits let through. */
const SIEVE_WIDTH = 4;
/** Rounding of a query to 13 bits moves a cosine by at most this share of its largest value, times sqrt(width). */
const QUERY_STEPS = 4_095;
/** Float32 sums of a few thousand terms differ from the true sum by less than this. */
const FLOAT_SLACK = 1e-5;

/** Brings in what a search is about to read of some slots: int8 vectors, float32 vectors. */
export interface Fetch {
  bodies(slots: Uint32Array): void;
  floats(slots: Uint32Array): void;
}

/** One per thread. */
export class Searcher {
  readonly #memory: KernelMemory;
  readonly #layout: Layout;
  readonly #kernel: SearchExports;
  readonly #scratch: Scratch;
  /** Called with slots that are about to be read, while a snapshot is still being loaded. */
  fetch: Fetch | null = null;

  constructor(memory: KernelMemory, layout: Layout, thread: number) {
    this.#memory = memory;
    this.#layout = layout;
    this.#scratch = layout.scratch[thread]!;
    this.#kernel = searchInstance(memory, layout, thread);
  }

  /** The k best slots, best first; ties by slot. */
  search(job: SearchJob): Hits {
    if (selectionCount(job.selection) === 0 || job.slots === 0)
      return { slots: new Uint32Array(0), scores: new Float32Array(0) };
    this.#writeQuery(job.vector);
    const best = new BestHits(job.k);
    if (job.method.mode === 'exact') this.#exact(job, best);
    else if (job.method.mode === 'compressed') this.#compressed(job, job.method.want, best);
    else this.#graph(job, job.method.beam, job.method.built, best);
    return best.sorted();
  }

  #factor = 0;
  #slack = 0;

  #writeQuery(vector: Float32Array): void {
    const { query, queryWords, queryBits } = this.#scratch;
    const { width, mean, dims } = this.#layout;
    const floats = new Float32Array(this.#memory.buffer, query, width);
    floats.fill(0);
    floats.set(vector.subarray(0, dims));
    let square = 0;
    for (let i = 0; i < dims; i++) square += floats[i]! ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    let top = 0;
    for (let i = 0; i < dims; i++) {
      floats[i]! *= scale;
      top = Math.max(top, Math.abs(floats[i]!));
    }
    this.#factor = this.#kernel.prepare(query, queryWords);
    this.#slack = (top / QUERY_STEPS / 2) * Math.sqrt(dims) + FLOAT_SLACK;
    this.#kernel.prepareBits(query, mean, queryBits);
  }

  #exact({ selection, slots, k }: SearchJob, best: BestHits): void {
    if (selection.kind !== 'list') {
      this.#exactRange(this.#bitsOf(selection, slots), 0, slots, k, best);
      return;
    }
    for (let from = 0; from < selection.slots.length; from += LIST_SLOTS_MAX) {
      const part = selection.slots.subarray(from, from + LIST_SLOTS_MAX);
      this.#words(this.#scratch.list, part.length).set(part);
      this.#exactList(part.length, k, best);
    }
  }

  #exactRange(bits: number, from: number, to: number, k: number, best: BestHits): void {
    for (let at = from; at < to; at += LIST_SLOTS_MAX) {
      this.#exactList(
        this.#kernel.listBits(bits, at, Math.min(to, at + LIST_SLOTS_MAX), this.#scratch.list),
        k,
        best,
      );
    }
  }

  /** Of the slots that stand in `list`. */
  #exactList(count: number, k: number, best: BestHits): void {
    const { queryWords, list, kept, scores, heap } = this.#scratch;
    this.fetch?.bodies(this.#words(list, count));
    const few = this.#kernel.candidates(
      list,
      count,
      queryWords,
      this.#factor,
      this.#slack,
      k,
      scores,
      heap,
      kept,
    );
    this.#rerank(kept, few, k, best);
  }

  #compressed({ k, selection, slots }: SearchJob, want: number, best: BestHits): void {
    const { queryBits, histogram, list, kept, scores } = this.#scratch;
    const wanted = Math.min(CANDIDATES_MAX / 2, Math.max(want, 2 * k));
    const coarse = Math.min(CANDIDATES_MAX / 2, wanted * SIEVE_WIDTH);
    const few = this.#listFew(selection, slots);
    const { sieveAll, sieveList, nearestOfList } = this.#kernel;
    let from = list;
    let count = few ?? 0;
    if (few === null) {
      const bits = this.#bitsOf(selection, slots);
      count = sieveAll(bits, slots, queryBits, coarse, CANDIDATES_MAX, scores, histogram, kept);
      from = kept;
    } else if (few > coarse) {
      count = sieveList(list, few, queryBits, coarse, CANDIDATES_MAX, scores, histogram, kept);
      from = kept;
    }
    count = nearestOfList(from, count, queryBits, wanted, CANDIDATES_MAX, scores, histogram, list);
    this.#exactList(count, k, best);
  }

  /** Puts the slots of a selection into `list` and returns how many, or null when comparing all slots is as cheap. */
  #listFew(selection: Selection, slots: number): number | null {
    const count = selectionCount(selection);
    if (count > LIST_SLOTS_MAX || (selection.kind !== 'list' && count > slots * LIST_SHARE_MAX)) return null;
    if (selection.kind !== 'list')
      return this.#kernel.listBits(this.#bitsOf(selection, slots), 0, slots, this.#scratch.list);
    this.#words(this.#scratch.list, count).set(selection.slots);
    return count;
  }

  #graph({ k, selection, slots }: SearchJob, beam: number, built: number, best: BestHits): void {
    const { queryWords, heap, frontier } = this.#scratch;
    const width = Math.max(beam, k);
    const bits = this.#bitsOf(selection, slots);
    const found = this.#kernel.walk(
      queryWords,
      this.#scratch.queryBits,
      this.#layout.entries,
      this.#layout.entryBits,
      Math.min(ENTRIES, built),
      width,
      Math.min(WALK_SLOTS_MAX, width * WALK_SLOTS_PER_WIDTH),
      bits,
      heap,
      frontier,
    );
    const pairs = this.#words(heap, 2 * found);
    const list = this.#words(this.#scratch.list, found);
    for (let i = 0; i < found; i++) list[i] = pairs[2 * i + 1]!;
    this.#exactList(found, k, best);
    // What the graph does not hold yet.
    if (built < slots) this.#exactRange(bits, built, slots, k, best);
  }

  #rerank(list: number, count: number, k: number, best: BestHits): void {
    const { query, heap } = this.#scratch;
    this.fetch?.floats(this.#words(list, count));
    const found = this.#kernel.rerank(list, count, query, k, heap);
    const slots = this.#words(heap, 2 * found);
    const scores = new Float32Array(this.#memory.buffer, heap, 2 * found);
    for (let i = 0; i < found; i++) best.add(slots[2 * i + 1]!, scores[2 * i]!);
  }

  #bitsOf(selection: Selection, slots: number): number {
    return selection.kind === 'living' ? this.#layout.living : this.#writeAllowed(selection, slots);
  }

  #writeAllowed(selection: Selection, slots: number): number {
    const words = this.#words(this.#scratch.allowed, Math.ceil(slots / 32));
    words.fill(0);
    if (selection.kind === 'bits') words.set(selection.bits.subarray(0, words.length));
    else if (selection.kind === 'list')
      for (const slot of selection.slots) words[slot >>> 5]! |= 1 << (slot & 31);
    return this.#scratch.allowed;
  }

  #words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, at, count);
  }
}

export function selectionCount(selection: Selection): number {
  return selection.kind === 'list' ? selection.slots.length : selection.count;
}

/** True when a selection lets a slot pass; whether the slot lives is not asked. */
export function allows(selection: Selection, slot: number): boolean {
  if (selection.kind === 'living') return true;
  if (selection.kind === 'bits') return slot >>> 5 < selection.bits.length && hasBit(selection.bits, slot);
  let low = 0;
  let high = selection.slots.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (selection.slots[middle]! < slot) low = middle + 1;
    else high = middle;
  }
  return selection.slots[low] === slot;
}

/** Collects hits of several passes. */
class BestHits {
  readonly #k: number;
  readonly #hits: { slot: number; score: number }[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  add(slot: number, score: number): void {
    this.#hits.push({ slot, score });
  }

  sorted(): Hits {
    const top = this.#hits.sort((a, b) => b.score - a.score || a.slot - b.slot).slice(0, this.#k);
    return {
      slots: Uint32Array.from(top, ({ slot }) => slot),
      scores: Float32Array.from(top, ({ score }) => score),
    };
  }
}
