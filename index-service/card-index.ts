// The card index of a node: log for the truth, table for the search. Validates what comes in, and keeps snapshots of the table.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CardTable } from './card-table.ts';
import { DurableCards } from './durable-cards.ts';
import type {
  CardAnswer,
  CardEntry,
  CardIndex,
  CardQuery,
  Embedder,
  IndexLogger,
  IndexStats,
} from './interface.ts';
import { SNAPSHOT_AT_CLOSE_MIN, SNAPSHOT_CHANGES_MIN, SNAPSHOT_SHARE } from './limits.ts';
import type { OpenFolder } from './open-folder.ts';
import { checkQuery } from './search/check-query.ts';
import { snapshotName } from './store/manifest.ts';
import { saveTable } from './table-snapshot.ts';

export interface LocalIndexInput {
  readonly dir: string;
  readonly embedder: Embedder;
  readonly log: IndexLogger | undefined;
  readonly now: () => number;
  readonly unlock: () => Promise<void>;
  readonly opened: OpenFolder;
}

export class LocalIndex implements CardIndex {
  readonly #input: LocalIndexInput;
  readonly #embedder: Embedder;
  readonly #cards: DurableCards<CardTable>;
  readonly #queries = { exact: 0, compressed: 0, graph: 0 };
  /** Changes since the last snapshot. */
  #changes: number;
  #closing: Promise<void> | null = null;

  constructor(input: LocalIndexInput) {
    const { dir, embedder, log, opened } = input;
    this.#input = input;
    this.#embedder = embedder;
    this.#changes = opened.recovery.records;
    this.#cards = new DurableCards({
      dir,
      embedder,
      log,
      opened,
      empty: () => new CardTable(embedder.dims),
      onChange: () => {
        this.#changes++;
      },
      upkeepDue: () =>
        this.#changes >= Math.max(SNAPSHOT_CHANGES_MIN, this.#table.cards * SNAPSHOT_SHARE)
          ? () => this.#snapshot()
          : undefined,
      onRewritten: () => {
        this.#changes = this.#table.cards;
      },
    });
  }

  get #table(): CardTable {
    return this.#cards.table;
  }

  async upsert(entry: CardEntry): Promise<void> {
    await this.#cards.put(entry);
  }

  async upsertBatch(
    entries: readonly CardEntry[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    await this.#cards.putAll(entries, onProgress);
  }

  async remove(agentId: string): Promise<void> {
    await this.#cards.remove(agentId);
  }

  has(agentId: string): boolean {
    return this.#table.find(agentId) !== undefined;
  }

  cardIdOf(agentId: string): string | undefined {
    return this.#table.find(agentId)?.fields.cardId;
  }

  async get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null> {
    this.#cards.refuseClosed();
    const record = await this.#cards.read(agentId);
    return record && { cardId: record.fields.cardId, envelope: record.envelope };
  }

  agentIds(): IterableIterator<string> {
    return this.#table.agentIds();
  }

  setReputation(agentId: string, value: number): void {
    const stored = this.#table.find(agentId);
    if (stored !== undefined) this.#table.columns.setReputation(stored.slot, Math.min(1, Math.max(0, value)));
  }

  reputation(agentId: string): number | undefined {
    return this.#table.reputation(agentId);
  }

  async query(query: CardQuery): Promise<CardAnswer> {
    this.#cards.refuseClosed();
    checkQuery(query, this.#embedder);
    const rough = query.vector === undefined ? (this.#embedder.embedRough?.(query.text!) ?? null) : null;
    const vector = query.vector ?? rough ?? (await this.#embedder.embed(query.text!));
    this.#cards.refuseClosed();
    const answer = await this.#table.search(vector, query.text ?? '', query.k, query.filter);
    this.#queries[answer.mode]++;
    return { ...answer, rough: rough !== null, embedder: this.#embedder.id };
  }

  async warmUp(): Promise<void> {
    await this.#embedder.warmUp?.();
    if (this.#table.cards > 0) await this.query({ text: 'warm up', k: 1 });
  }

  async compact(onProgress?: (done: number, total: number) => void): Promise<void> {
    await this.#cards.compact(onProgress);
  }

  /** Damage found in a snapshot after opening: the table is made again from the log. */
  snapshotDamaged(error: unknown): void {
    this.#input.log?.warn({ err: String(error) }, 'index snapshot is damaged; reading the log again');
    if (!this.#cards.closing) void this.compact().catch(() => {});
  }

  /** Cards whose vectors come from another embedder get new ones. */
  async embedAgain(): Promise<void> {
    const { log, opened } = this.#input;
    log?.info(
      { cards: this.#table.cards, from: opened.storedEmbedder, to: this.#embedder.id },
      'index is embedded again',
    );
    await this.#cards.embedAgain();
  }

  stats(): IndexStats {
    const { engine } = this.#table;
    return {
      cards: this.#table.cards,
      expired: this.#table.expired(this.#input.now()),
      tombstones: this.#table.dead,
      dims: this.#embedder.dims,
      embedder: this.#embedder.id,
      bytesOnDisk: this.#cards.bytesOnDisk,
      graph: engine.graph.state,
      graphCards: engine.graph.slots,
      graphRecall: engine.graph.recall,
      bytesInMemory: engine.vectors.bytes,
      recovery: this.#input.opened.recovery,
      queries: { ...this.#queries },
    };
  }

  async settled(): Promise<void> {
    await this.#cards.settled();
    await this.#table.engine.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#cards.close(async () => {
        if (this.#changes >= SNAPSHOT_AT_CLOSE_MIN) await this.#snapshot();
      });
    } finally {
      await this.#table.retire();
      await this.#input.unlock();
    }
  }

  async #snapshot(): Promise<void> {
    const { dir } = this.#input;
    const { manifest } = this.#cards;
    const offset = this.#cards.bytesOnDisk;
    this.#changes = 0;
    const file = snapshotName(manifest.generation, offset);
    await saveTable(this.#table, this.#embedder.id, join(dir, file));
    await this.#cards.replaceManifest({ ...manifest, snapshot: { file, offset } });
    const old = manifest.snapshot;
    if (old !== null && old.file !== file) await unlink(join(dir, old.file)).catch(() => {});
  }
}
