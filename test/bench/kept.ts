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
/** Embedder that the kept tables name. */
export const KEPT_EMBEDDER = 'bench/1';
const VECTOR_SOURCES = ['index-data.ts', '../../sim/random.ts'];
const HNSW_SOURCES = [...VECTOR_SOURCES, 'hnswlib-peer.ts'];
const TABLE_SOURCES = [
  ...VECTOR_SOURCES,
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
    const path = pathOf('hnsw', this.#label, HNSW_SOURCES);
    if (!existsSync(path)) {
      const built = this.#buildHnsw();
      if (this.vectors.length < KEPT_FROM) return built;
      writeHnsw(built, path);
    }
    const index = new hnswlib.HierarchicalNSW('cosine', this.#dims);
    index.readIndexSync(path);
    return index;
  }

  /** Our table of them, with its graph; `fill` puts every card. `label` names what the cards are like. */
  async table(label: string, fill: (table: CardTable) => void): Promise<CardTable> {
    const path = pathOf('table', `${this.#label} ${label}`, TABLE_SOURCES);
    if (!existsSync(path)) {
      const table = await this.#buildTable(fill);
      if (this.vectors.length < KEPT_FROM) return table;
      await writeTable(table, path);
    }
    const table = await loadTable(path, { id: KEPT_EMBEDDER, dims: this.#dims });
    table.finishLoading();
    await table.floatsLoaded();
    await table.engine.settled();
    return table;
  }

  /** Files of both, for a benchmark that opens them; in `folder` where they are quickly made again. */
  async files(
    label: string,
    fill: (table: CardTable) => void,
    folder: string,
  ): Promise<{ table: string; hnsw: string }> {
    const few = this.vectors.length < KEPT_FROM;
    const table = few ? join(folder, 'table') : pathOf('table', `${this.#label} ${label}`, TABLE_SOURCES);
    const hnsw = few ? join(folder, 'hnsw') : pathOf('hnsw', this.#label, HNSW_SOURCES);
    if (!existsSync(table)) await writeTable(await this.#buildTable(fill), table);
    if (!existsSync(hnsw)) writeHnsw(this.#buildHnsw(), hnsw);
    return { table, hnsw };
  }

  #buildHnsw(): HnswIndex {
    const start = performance.now();
    const built = buildHnsw(this.vectors, this.#dims);
    this.#noteBuilt('hnswlib-node', start);
    return built;
  }

  async #buildTable(fill: (table: CardTable) => void): Promise<CardTable> {
    const start = performance.now();
    const table = new CardTable(this.#dims);
    fill(table);
    await table.engine.settled();
    this.#noteBuilt('our graph', start);
    return table;
  }

  #noteBuilt(what: string, start: number): void {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    this.#note(`${what} of ${this.vectors.length} vectors built in ${seconds} s`);
  }
}

/** A file is there as a whole or not at all. */
function writeHnsw(index: HnswIndex, path: string): void {
  index.writeIndexSync(`${path}.new`);
  renameSync(`${path}.new`, path);
}

async function writeTable(table: CardTable, path: string): Promise<void> {
  await saveTable(table, KEPT_EMBEDDER, `${path}.new`);
  renameSync(`${path}.new`, path);
  await table.retire();
}
