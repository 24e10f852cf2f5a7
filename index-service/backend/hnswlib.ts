// hnswlib-node behind the port. For comparison and for those who have it in use: it runs on the caller's thread and calls
// JavaScript for every node it visits when it filters, so it suits unfiltered search of sets that seldom change.

import { ZeroError } from '../../protocol/errors/index.ts';
import { hasBit, setBit, wordsFor } from '../search/bitset.ts';
import { CardColumns } from '../search/columns.ts';
import { FilterEvaluator } from '../search/filter.ts';
import { allows } from '../search/searcher.ts';
import type { BackendAnswer, BackendHolding, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';

/** The part of the package that is used. */
interface Hnsw {
  initIndex(options: { maxElements: number; m: number; efConstruction: number; randomSeed: number }): void;
  addPoint(point: number[], label: number): void;
  markDelete(label: number): void;
  resizeIndex(size: number): void;
  setEf(width: number): void;
  getMaxElements(): number;
  searchKnn(
    query: number[],
    k: number,
    filter?: (label: number) => boolean,
  ): { distances: number[]; neighbors: number[] };
}

const FIRST_ROOM = 1_024;
const DEGREE = 16;
const BUILD_WIDTH = 200;
const SEED = 1;
/** Width of a search: recall above 0.99 at some hundred dimensions. */
const SEARCH_WIDTH = 128;

/** Throws INDEX_BACKEND_UNAVAILABLE when the package did not compile here. */
export async function hnswlibBackend(dims: number): Promise<IndexBackend> {
  try {
    const { default: library } = await import('hnswlib-node');
    const index = new library.HierarchicalNSW('cosine', dims) as unknown as Hnsw;
    index.initIndex({ maxElements: FIRST_ROOM, m: DEGREE, efConstruction: BUILD_WIDTH, randomSeed: SEED });
    index.setEf(SEARCH_WIDTH);
    return new HnswlibBackend(index);
  } catch (cause) {
    throw new ZeroError('INDEX_BACKEND_UNAVAILABLE', 'hnswlib-node cannot be loaded', { cause });
  }
}

class HnswlibBackend implements IndexBackend {
  readonly name = 'hnswlib-node';
  readonly #index: Hnsw;
  readonly #columns = new CardColumns();
  readonly #labels = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #cardIds = new Map<string, string>();
  readonly #filters: FilterEvaluator;
  #living = new Uint32Array(wordsFor(FIRST_ROOM));

  constructor(index: Hnsw) {
    this.#index = index;
    this.#filters = new FilterEvaluator(this.#columns, () => this.#living);
  }

  async upsert(points: readonly BackendPoint[]): Promise<void> {
    for (const { id, cardId, vector, fields, reputation } of points) {
      this.#drop(id);
      const version = { roots: [], serial: 0, sequence: 0 };
      const label = this.#columns.add(
        { ...fields, agentId: id, cardId, name: id, version, words: [] },
        reputation,
      );
      this.#makeRoom(label + 1);
      this.#index.addPoint(Array.from(vector), label);
      setBit(this.#living, label);
      this.#labels.set(id, label);
      this.#ids[label] = id;
      this.#cardIds.set(id, cardId);
    }
  }

  #makeRoom(slots: number): void {
    const room = this.#index.getMaxElements();
    if (slots > room) this.#index.resizeIndex(room * 2);
    if (wordsFor(slots) > this.#living.length) {
      const larger = new Uint32Array(this.#living.length * 2);
      larger.set(this.#living);
      this.#living = larger;
    }
  }

  #drop(id: string): void {
    const label = this.#labels.get(id);
    if (label === undefined) return;
    this.#index.markDelete(label);
    this.#living[label >>> 5]! &= ~(1 << (label & 31));
    this.#labels.delete(id);
    this.#cardIds.delete(id);
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#drop(id);
  }

  async search({ vector, k, filter }: BackendQuery): Promise<BackendAnswer> {
    const selection = this.#filters.select(filter, this.#labels.size);
    const passes =
      filter === undefined
        ? undefined
        : (label: number) => hasBit(this.#living, label) && allows(selection, label);
    const few = Math.min(k, this.#labels.size);
    if (few === 0) return { hits: [] };
    this.#index.setEf(Math.max(SEARCH_WIDTH, 2 * few));
    const { neighbors, distances } = this.#index.searchKnn(Array.from(vector), few, passes);
    const hits = neighbors.map((label, i) => ({ id: this.#ids[label]!, score: 1 - distances[i]! }));
    return { hits: hits.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)) };
  }

  async count(): Promise<number> {
    return this.#labels.size;
  }

  async *list(): AsyncGenerator<BackendHolding[]> {
    yield [...this.#labels].map(([id, label]) => ({
      id,
      cardId: this.#cardIds.get(id)!,
      reputation: this.#columns.reputation(label),
    }));
  }

  async close(): Promise<void> {}
}
