// The card index of a node: log for the truth, table for the search. Validates what comes in, keeps the newest card of each
// agent, and tidies its folder in the background.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../protocol/errors/index.ts';
import { cardFields, compareVersions } from './card-fields.ts';
import { CardTable } from './card-table.ts';
import { Compaction, type Revector } from './compaction.ts';
import { cardText } from './embed/card-text.ts';
import { storedCardText } from './embed/stored-card-text.ts';
import type {
  CardAnswer,
  CardEntry,
  CardIndex,
  CardQuery,
  Embedder,
  IndexLogger,
  IndexStats,
} from './interface.ts';
import {
  COMPACT_DEAD_MIN,
  COMPACT_SHARE,
  IMPORT_GROUP,
  SNAPSHOT_AT_CLOSE_MIN,
  SNAPSHOT_CHANGES_MIN,
  SNAPSHOT_SHARE,
} from './limits.ts';
import type { OpenFolder } from './open-folder.ts';
import { checkQuery } from './search/check-query.ts';
import type { CardLog, LogRecovery } from './store/card-log.ts';
import { logName, type Manifest, snapshotName, writeManifest } from './store/manifest.ts';
import type { CardFields } from './store/record.ts';
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
  readonly #recovery: LogRecovery;
  /** Newest version of each agent on its way to disk. */
  readonly #pending = new Map<string, CardFields>();
  #table: CardTable;
  #log: CardLog;
  #manifest: Manifest;
  #compaction: Compaction<CardTable> | null = null;
  #upkeep: Promise<void> | null = null;
  /** Writers wait here while a compaction switches files. */
  #gate: Promise<void> | null = null;
  #changes: number;
  #closing: Promise<void> | null = null;

  constructor(input: LocalIndexInput) {
    this.#input = input;
    this.#embedder = input.embedder;
    this.#table = input.opened.table;
    this.#log = input.opened.log;
    this.#manifest = input.opened.manifest;
    this.#recovery = input.opened.recovery;
    this.#changes = input.opened.recovery.records;
  }

  async upsert(entry: CardEntry): Promise<void> {
    this.#refuseClosed();
    const fields = cardFields(entry);
    if (!this.#isNewer(fields)) return;
    const vector = await this.#embedder.embed(cardText(entry.card));
    await this.#write(fields, vector, entry.envelope);
  }

  async upsertBatch(
    entries: readonly CardEntry[],
    onProgress?: (done: number, total: number) => void,
  ): Promise<void> {
    for (let at = 0; at < entries.length; at += IMPORT_GROUP) {
      this.#refuseClosed();
      const group = entries
        .slice(at, at + IMPORT_GROUP)
        .map((entry) => ({ entry, fields: cardFields(entry) }));
      const wanted = group.filter(({ fields }) => this.#isNewer(fields));
      const vectors = await this.#embedder.embedBatch(wanted.map(({ entry }) => cardText(entry.card)));
      await Promise.all(
        wanted.map(({ entry, fields }, i) => this.#write(fields, vectors[i]!, entry.envelope)),
      );
      onProgress?.(Math.min(at + IMPORT_GROUP, entries.length), entries.length);
    }
  }

  async #write(fields: CardFields, vector: Float32Array, envelope: Uint8Array): Promise<void> {
    while (this.#gate !== null) await this.#gate;
    this.#refuseClosed();
    if (!this.#isNewer(fields)) return;
    this.#pending.set(fields.agentId, fields);
    try {
      await this.#log.append({ kind: 'put', fields, vector, envelope }, (offset) => {
        this.#table.put(fields, vector, offset);
        this.#changed(fields.agentId);
      });
    } finally {
      if (this.#pending.get(fields.agentId) === fields) this.#pending.delete(fields.agentId);
    }
  }

  #isNewer(fields: CardFields): boolean {
    const known = this.#pending.get(fields.agentId) ?? this.#table.find(fields.agentId)?.fields;
    return known === undefined || compareVersions(fields, known) > 0;
  }

  async remove(agentId: string): Promise<void> {
    while (this.#gate !== null) await this.#gate;
    this.#refuseClosed();
    if (!this.has(agentId) && !this.#pending.has(agentId)) return;
    this.#pending.delete(agentId);
    await this.#log.append({ kind: 'remove', agentId }, () => {
      this.#table.remove(agentId);
      this.#changed(agentId);
    });
  }

  has(agentId: string): boolean {
    return this.#table.find(agentId) !== undefined;
  }

  cardIdOf(agentId: string): string | undefined {
    return this.#table.find(agentId)?.fields.cardId;
  }

  async get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null> {
    this.#refuseClosed();
    const log = this.#log;
    const stored = this.#table.find(agentId);
    if (stored === undefined) return null;
    try {
      const { envelope } = await log.read(stored.offset);
      return { cardId: stored.fields.cardId, envelope };
    } catch (error) {
      // A compaction may have closed this log while it was read.
      if (log !== this.#log) return this.get(agentId);
      throw error;
    }
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
    this.#refuseClosed();
    checkQuery(query, this.#embedder);
    const rough = query.vector === undefined ? (this.#embedder.embedRough?.(query.text!) ?? null) : null;
    const vector = query.vector ?? rough ?? (await this.#embedder.embed(query.text!));
    this.#refuseClosed();
    const answer = await this.#table.search(vector, query.text ?? '', query.k, query.filter);
    return { ...answer, rough: rough !== null, embedder: this.#embedder.id };
  }

  async warmUp(): Promise<void> {
    await this.#embedder.warmUp?.();
    if (this.#table.cards > 0) await this.query({ text: 'warm up', k: 1 });
  }

  async compact(onProgress?: (done: number, total: number) => void): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    this.#refuseClosed();
    const work = this.#compact(undefined, onProgress);
    await this.#keep(work);
    await work;
  }

  /** Damage found in a snapshot after opening: the table is made again from the log. */
  snapshotDamaged(error: unknown): void {
    this.#input.log?.warn({ err: String(error) }, 'index snapshot is damaged; reading the log again');
    if (this.#closing === null) void this.compact().catch(() => {});
  }

  /** Cards whose vectors come from another embedder get new ones. */
  async embedAgain(): Promise<void> {
    const { log } = this.#input;
    log?.info(
      { cards: this.#table.cards, from: this.#input.opened.storedEmbedder, to: this.#embedder.id },
      'index is embedded again',
    );
    const revector: Revector = (records) =>
      this.#embedder.embedBatch(records.map(({ envelope }) => storedCardText(envelope)));
    const work = this.#compact(revector);
    await this.#keep(work);
    await work;
  }

  stats(): IndexStats {
    const { engine } = this.#table;
    return {
      cards: this.#table.cards,
      expired: this.#table.expired(this.#input.now()),
      tombstones: this.#table.dead,
      dims: this.#embedder.dims,
      embedder: this.#embedder.id,
      bytesOnDisk: this.#log.bytes,
      graph: engine.graph.state,
      graphCards: engine.graph.slots,
      graphRecall: engine.graph.recall,
      bytesInMemory: engine.vectors.bytes,
      recovery: this.#recovery,
      queries: { ...engine.runs },
    };
  }

  async settled(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    await this.#table.engine.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    await this.#log.drain();
    try {
      if (this.#changes >= SNAPSHOT_AT_CLOSE_MIN) await this.#snapshot();
    } finally {
      await this.#log.close();
      await this.#table.retire();
      await this.#input.unlock();
    }
  }

  #refuseClosed(): void {
    if (this.#closing !== null) throw new ZeroError('INDEX_CLOSED', 'the index is closed');
  }

  /** After each durable change. */
  #changed(agentId: string): void {
    this.#compaction?.touch(agentId);
    this.#changes++;
    if (this.#upkeep !== null || this.#closing !== null) return;
    const { dead, cards } = this.#table;
    if (dead >= COMPACT_DEAD_MIN && dead > (dead + cards) * COMPACT_SHARE) void this.#keep(this.#compact());
    else if (this.#changes >= Math.max(SNAPSHOT_CHANGES_MIN, cards * SNAPSHOT_SHARE))
      void this.#keep(this.#snapshot());
  }

  /** Upkeep runs one at a time. Its failure costs time, not cards: the log goes on. */
  async #keep(work: Promise<void>): Promise<void> {
    this.#upkeep = work
      .catch((error: Error) => this.#input.log?.warn({ err: error.message }, 'index upkeep failed'))
      .finally(() => {
        this.#upkeep = null;
      });
    await this.#upkeep;
  }

  async #snapshot(): Promise<void> {
    const { dir } = this.#input;
    const offset = this.#log.bytes;
    this.#changes = 0;
    const file = snapshotName(this.#manifest.generation, offset);
    await saveTable(this.#table, this.#embedder.id, join(dir, file));
    const old = this.#manifest.snapshot;
    this.#manifest = { ...this.#manifest, snapshot: { file, offset } };
    await writeManifest(dir, this.#manifest);
    if (old !== null && old.file !== file) await unlink(join(dir, old.file)).catch(() => {});
  }

  async #compact(revector?: Revector, onProgress?: (done: number, total: number) => void): Promise<void> {
    const { dir } = this.#input;
    const generation = this.#manifest.generation + 1;
    const old = { table: this.#table, log: this.#log, manifest: this.#manifest };
    const compaction = new Compaction({
      dir,
      logName: logName(generation),
      embedder: this.#embedder,
      table: old.table,
      target: new CardTable(this.#embedder.dims),
      log: old.log,
      onDamaged: (agentId) => this.#input.log?.warn({ agentId }, 'a stored card is damaged and left out'),
      ...(revector && { revector }),
      ...(onProgress && { onProgress }),
    });
    this.#compaction = compaction;
    let open = () => {};
    try {
      await compaction.copy();
      this.#gate = new Promise((resolve) => {
        open = resolve;
      });
      await old.log.drain();
      const log = await compaction.finish();
      const { id, dims } = this.#embedder;
      this.#manifest = { embedder: id, dims, generation, log: logName(generation), snapshot: null };
      await writeManifest(dir, this.#manifest);
      this.#log = log;
      this.#table = compaction.table;
      this.#changes = this.#table.cards;
    } catch (error) {
      await compaction.abandon();
      throw error;
    } finally {
      this.#compaction = null;
      this.#gate = null;
      open();
    }
    await old.table.retire();
    await old.log.close();
    await unlink(join(dir, old.manifest.log)).catch(() => {});
    if (old.manifest.snapshot !== null) await unlink(join(dir, old.manifest.snapshot.file)).catch(() => {});
  }
}
