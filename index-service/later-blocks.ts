// What is read of a snapshot behind its opening: int8 vectors and links, then float32 vectors, block by block, each against its checksum.
// Before that, searches fetch the few vectors that they need.

import type { CardTable } from './card-table.ts';
import { FIGURES_BYTES, SLOTS_PER_BLOCK } from './search/layout.ts';
import type { VectorMemory } from './search/vector-memory.ts';
import type { SnapshotReader } from './store/snapshot.ts';

/** Blocks read at once: the system's threads read some while one is checked here. */
const BLOCKS_AT_ONCE = 4;

export class LaterBlocks {
  readonly #reader: SnapshotReader;
  readonly #table: CardTable;
  readonly #vectors: VectorMemory;
  /** Blocks that are read here; the last one is there already. */
  readonly #blocks: number;
  #bodies = 0;
  #floats = 0;

  constructor(reader: SnapshotReader, table: CardTable, blocks: number) {
    this.#reader = reader;
    this.#table = table;
    this.#vectors = table.engine.vectors;
    this.#blocks = Math.max(0, blocks - 1);
  }

  /** Int8 vectors and links of all blocks. Throws INDEX_CORRUPT. */
  async loadBodies(): Promise<void> {
    await this.#each(
      () => this.#bodies,
      async (block) => {
        await this.#reader.read(`bodies ${block}`, this.#vectors.blockBodies(block));
      },
      (done) => {
        this.#bodies = done;
      },
    );
  }

  /** Everything that is missing. Closes the reader. Throws INDEX_CORRUPT; the graph is then not used any more. */
  async load(): Promise<void> {
    const { engine } = this.#table;
    // The caller's first query goes before.
    const bodies = new Promise(setImmediate).then(() => this.loadBodies());
    // A search that waits goes on also when what it waits for is damaged: with what there is, and without the graph.
    const arrived = bodies.catch((error: unknown) => engine.dropGraph(error));
    engine.setLoading(
      {
        bodies: (slots) => this.#fetchBodies(slots),
        floats: (slots) => this.#fetchFloats(slots),
      },
      this.#bodies < this.#blocks ? arrived : null,
    );
    try {
      await arrived;
      await this.#each(
        () => this.#floats,
        async (block) => {
          await this.#reader.read(`floats ${block}`, this.#vectors.blockFloats(block));
        },
        (done) => {
          this.#floats = done;
        },
      );
      await bodies;
    } finally {
      engine.setLoading(null);
      await this.#reader.close();
    }
  }

  async #each(
    done: () => number,
    read: (block: number) => Promise<void>,
    setDone: (count: number) => void,
  ): Promise<void> {
    const failed: unknown[] = [];
    while (done() < this.#blocks && !this.#table.closed) {
      const from = done();
      const to = Math.min(this.#blocks, from + BLOCKS_AT_ONCE);
      // One that is damaged keeps none of the others away.
      const reads = Array.from({ length: to - from }, (_, i) =>
        read(from + i).catch((error: unknown) => failed.push(error)),
      );
      await Promise.all(reads);
      setDone(to);
    }
    if (failed.length > 0) throw failed[0];
  }

  #fetchBodies(slots: Uint32Array): void {
    this.#fetch(slots, this.#bodies, 'bodies', this.#vectors.layout.width + FIGURES_BYTES, (block) =>
      this.#vectors.blockBodies(block),
    );
  }

  #fetchFloats(slots: Uint32Array): void {
    this.#fetch(slots, this.#floats, 'floats', this.#vectors.layout.width * 4, (block) =>
      this.#vectors.blockFloats(block),
    );
  }

  #fetch(
    slots: Uint32Array,
    done: number,
    section: string,
    bytes: number,
    blockOf: (block: number) => Uint8Array,
  ): void {
    for (const slot of slots) {
      const block = Math.floor(slot / SLOTS_PER_BLOCK);
      if (block < done || block >= this.#blocks) continue;
      const start = (slot % SLOTS_PER_BLOCK) * bytes;
      this.#reader.readPart(`${section} ${block}`, start, blockOf(block).subarray(start, start + bytes));
    }
  }
}
