// What takes minutes to build and never changes: vectors, hnswlib's graph, our table. Kept between runs, so that a run of
// many vectors measures instead of building. The name of a file depends on everything that its content depends on.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import hnswlib from 'hnswlib-node';
import { CardTable } from '../../index-service/card-table.ts';
import type { CardFields } from '../../index-service/store/record.ts';
import { loadTable, saveTable } from '../../index-service/table-snapshot.ts';
import { buildHnsw, type HnswIndex } from './hnswlib-peer.ts';
import type { VectorSource } from './index-data.ts';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/zerostate-bench/', import.meta.url));
/** Below this many vectors building is quick, and nothing is kept. */
const KEPT_FROM = 50_000;
const EMBEDDER = 'bench/1';
const VECTOR_SOURCES = ['index-data.ts', '../../sim/random.ts'];
const HNSW_SOURCES = ['hnswlib-peer.ts'];
const TABLE_SOURCES = [
  '../../index-service/simd/kernels/search.ts',
  '../../index-service/search/calibrate.ts',
  '../../index-service/search/engine.ts',
  '../../index-service/search/layout.ts',
  '../../index-service/search/planner.ts',
  '../../index-service/search/search-worker.ts',
  '../../index-service/search/searcher.ts',
  '../../index-service/search/vector-memory.ts',
  '../../index-service/store/record.ts',
  '../../index-service/table-snapshot.ts',
  '../../index-service/later-blocks.ts',
];

/** Where a file of this content is kept. */
function pathOf(kind: string, label: string, sources: readonly string[]): string {
  const hash = createHash('sha256').update(label);
  for (const source of sources) hash.update(readFileSync(new URL(source, import.meta.url)));
  mkdirSync(FOLDER, { recursive: true });
  return join(FOLDER, `${kind}-${hash.digest('hex').slice(0, 20)}`);
}

/** Fields of a card that has none worth a filter. */
export function bareFields(i: number): CardFields {
  return {
    agentId: `zs:${i}`,
    cardId: `card-${i}`,
    name: `Card ${i}`,
    version: { roots: [], serial: 1, sequence: 1 },
    expiresAtMs: 1e15,
    region: 'eu',
    operator: '',
    sla: 'standard',
    tags: [],
    prices: [],
    words: [],
  };
}

/** Vectors by a label that names seed, purpose, count and dimensions. */
export class KeptVectors {
  readonly vectors: Float32Array[];
  readonly #label: string;
  readonly #dims: number;
  readonly #note: (text: string) => void;

  constructor(
    label: string,
    source: VectorSource,
    count: number,
    dims: number,
    note: (text: string) => void,
  ) {
    this.#note = note;
    this.#label = `${label} ${count} x ${dims}`;
    this.#dims = dims;
    // The source is drawn from in any case: what it gives next must not depend on what is kept.
    this.vectors = source.draw(count);
  }

  /** hnswlib's index of them. */
  hnsw(): HnswIndex {
    const path = pathOf('hnsw', this.#label, [...VECTOR_SOURCES, ...HNSW_SOURCES]);
    if (!existsSync(path)) {
      const start = performance.now();
      const built = buildHnsw(this.vectors, this.#dims);
      this.#noteBuilt('hnswlib-node', start);
      if (this.vectors.length < KEPT_FROM) return built;
      built.writeIndexSync(`${path}.new`);
      renameSync(`${path}.new`, path);
    }
    const index = new hnswlib.HierarchicalNSW('cosine', this.#dims);
    index.readIndexSync(path);
    return index;
  }

  /** Our table of them, with its graph; `fill` puts every card. `label` names what the cards are like. */
  async table(label: string, fill: (table: CardTable) => void): Promise<CardTable> {
    const path = pathOf('table', `${this.#label} ${label}`, [...VECTOR_SOURCES, ...TABLE_SOURCES]);
    const embedder = { id: EMBEDDER, dims: this.#dims };
    if (!existsSync(path)) {
      const start = performance.now();
      const table = new CardTable(this.#dims);
      fill(table);
      await table.engine.settled();
      this.#noteBuilt('our graph', start);
      if (this.vectors.length < KEPT_FROM) return table;
      await saveTable(table, EMBEDDER, `${path}.new`);
      renameSync(`${path}.new`, path);
      await table.retire();
    }
    const table = await loadTable(path, embedder);
    table.finishLoading();
    await table.floatsLoaded();
    await table.engine.settled();
    return table;
  }

  #noteBuilt(what: string, start: number): void {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    this.#note(`${what} of ${this.vectors.length} vectors built in ${seconds} s`);
  }
}
