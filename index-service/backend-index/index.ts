// A card index whose vectors and filters are another engine's. The signed cards stay in the durable log of the folder: it is the
// truth, and what the engine answers is held against it.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { BackendPoint } from '../backend/interface.ts';
import { cardFields, compareVersions } from '../card-fields.ts';
import { Compaction, type Revector } from '../compaction.ts';
import { cardText } from '../embed/card-text.ts';
import { storedCardText } from '../embed/stored-card-text.ts';
import type { CardAnswer, CardEntry, CardIndex, CardQuery, Embedder, IndexStats } from '../interface.ts';
import { BACKEND_SPARE_HITS, COMPACT_DEAD_MIN, COMPACT_SHARE, IMPORT_GROUP, QUERY_K_MAX } from '../limits.ts';
import { checkQuery } from '../search/check-query.ts';
import type { CardLog } from '../store/card-log.ts';
import { logName, type Manifest, writeManifest } from '../store/manifest.ts';
import type { CardFields } from '../store/record.ts';
import type { BackendIndexInput } from './input.ts';
import { CardShelf } from './shelf.ts';
import { shownHits } from './shown-hits.ts';
import { BackendSync } from './sync.ts';

export class BackendIndex implements CardIndex {
  readonly #input: BackendIndexInput;
  readonly #embedder: Embedder;
  readonly #sync: BackendSync;
  /** Newest version of each agent on its way to disk. */
  readonly #pending = new Map<string, CardFields>();
  #shelf: CardShelf;
  #log: CardLog;
  #manifest: Manifest;
  #compaction: Compaction<CardShelf> | null = null;
  #upkeep: Promise<void> | null = null;
  /** Writers wait here while a compaction switches files. */
  #gate: Promise<void> | null = null;
  #queries = 0;
  #closing: Promise<void> | null = null;

  constructor(input: BackendIndexInput) {
    this.#input = input;
    this.#embedder = input.embedder;
    this.#shelf = input.opened.table;
    this.#log = input.opened.log;
    this.#manifest = input.opened.manifest;
    this.#sync = new BackendSync(
      input.engine,
      {
        agentIds: () => this.#shelf.agentIds(),
        holding: (agentId) => {
          const card = this.#shelf.find(agentId);
          return card && { cardId: card.fields.cardId, reputation: card.reputation };
        },
        point: (agentId) => this.#point(agentId),
      },
      input.log,
    );
  }

  /** Embeds again what another embedder has embedded, then connects. Throws what keeps the engine from being used at all. */
  async start(): Promise<void> {
    if (this.#input.opened.storedEmbedder !== this.#embedder.id)
      await this.#compact((records) =>
        this.#embedder.embedBatch(records.map(({ envelope }) => storedCardText(envelope))),
      );
    await this.#sync.start();
  }

  /** Ends what `start` did not bring to life. The lock is the caller's. */
  async abandon(): Promise<void> {
    await this.#sync.close();
    await this.#log.close();
  }

  async #point(agentId: string): Promise<BackendPoint | null> {
    const { log } = this.#input;
    const from = this.#log;
    const stored = this.#shelf.find(agentId);
    if (stored === undefined) return null;
    try {
      const { fields, vector, envelope } = await from.read(stored.offset);
      return { id: agentId, cardId: fields.cardId, vector, fields, envelope, reputation: stored.reputation };
    } catch (error) {
      // A compaction may have closed this log while it was read.
      if (from !== this.#log) return this.#point(agentId);
      log?.warn({ agentId, err: (error as Error).message }, 'a stored card cannot be read');
      return null;
    }
  }

  async upsert(entry: CardEntry): Promise<void> {
    await this.upsertBatch([entry]);
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
      await this.#sync.changed(wanted.map(({ fields }) => fields.agentId));
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
        this.#shelf.put(fields, vector, offset);
        this.#changed(fields.agentId);
      });
    } finally {
      if (this.#pending.get(fields.agentId) === fields) this.#pending.delete(fields.agentId);
    }
  }

  #isNewer(fields: CardFields): boolean {
    const known = this.#pending.get(fields.agentId) ?? this.#shelf.find(fields.agentId)?.fields;
    return known === undefined || compareVersions(fields, known) > 0;
  }

  async remove(agentId: string): Promise<void> {
    while (this.#gate !== null) await this.#gate;
    this.#refuseClosed();
    if (!this.has(agentId) && !this.#pending.has(agentId)) return;
    this.#pending.delete(agentId);
    await this.#log.append({ kind: 'remove', agentId }, () => {
      this.#shelf.remove(agentId);
      this.#changed(agentId);
    });
    await this.#sync.changed([agentId]);
  }

  has(agentId: string): boolean {
    return this.#shelf.find(agentId) !== undefined;
  }

  cardIdOf(agentId: string): string | undefined {
    return this.#shelf.find(agentId)?.fields.cardId;
  }

  async get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null> {
    this.#refuseClosed();
    const log = this.#log;
    const stored = this.#shelf.find(agentId);
    if (stored === undefined) return null;
    try {
      const { envelope } = await log.read(stored.offset);
      return { cardId: stored.fields.cardId, envelope };
    } catch (error) {
      if (log !== this.#log) return this.get(agentId);
      throw error;
    }
  }

  agentIds(): IterableIterator<string> {
    return this.#shelf.agentIds();
  }

  setReputation(agentId: string, value: number): void {
    if (!this.#shelf.setReputation(agentId, Math.min(1, Math.max(0, value)))) return;
    this.#compaction?.touch(agentId);
    void this.#sync.changed([agentId]);
  }

  reputation(agentId: string): number | undefined {
    return this.#shelf.reputation(agentId);
  }

  /** As the contract says; throws INDEX_BACKEND_DOWN while the engine is away. */
  async query(query: CardQuery): Promise<CardAnswer> {
    this.#refuseClosed();
    checkQuery(query, this.#embedder);
    const { text, k, filter } = query;
    this.#sync.open();
    const rough = query.vector === undefined ? (this.#embedder.embedRough?.(text!) ?? null) : null;
    const vector = query.vector ?? rough ?? (await this.#embedder.embed(text!));
    this.#refuseClosed();
    const backend = this.#sync.open();
    const asked = {
      vector,
      k: Math.min(QUERY_K_MAX, k + BACKEND_SPARE_HITS),
      ...(text !== undefined && { text }),
      ...(filter !== undefined && { filter }),
    };
    this.#queries++;
    const behind = this.#sync.behind;
    const answer = await backend.search(asked).catch((error: unknown) => {
      throw this.#sync.failed(error);
    });
    const { results, strange } = shownHits(answer.hits, filter, this.#shelf);
    if (strange.some((id) => !this.#sync.underWay(id))) this.#sync.suspect();
    return {
      results: results.slice(0, k),
      mode: 'backend',
      recall: answer.recall ?? 0,
      rough: rough !== null,
      embedder: this.#embedder.id,
      matched: filter === undefined ? this.#shelf.cards : results.length,
      ...((behind || answer.partial === true) && { partial: true }),
    };
  }

  async warmUp(): Promise<void> {
    await this.#embedder.warmUp?.();
  }

  async compact(onProgress?: (done: number, total: number) => void): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    this.#refuseClosed();
    const work = this.#compact(undefined, onProgress);
    await this.#keep(work);
    await work;
  }

  stats(): IndexStats {
    return {
      cards: this.#shelf.cards,
      expired: this.#shelf.expired(this.#input.now()),
      tombstones: this.#shelf.dead,
      dims: this.#embedder.dims,
      embedder: this.#embedder.id,
      bytesOnDisk: this.#log.bytes,
      graph: 'not-needed',
      graphCards: 0,
      graphRecall: 0,
      bytesInMemory: 0,
      recovery: this.#input.opened.recovery,
      queries: { exact: 0, compressed: 0, graph: 0, backend: this.#queries },
      backend: this.#sync.stats(),
    };
  }

  async settled(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    await this.#sync.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
    await this.#log.drain();
    try {
      await this.#sync.close();
    } finally {
      await this.#log.close();
      await this.#input.unlock();
    }
  }

  #refuseClosed(): void {
    if (this.#closing !== null) throw new ZeroError('INDEX_CLOSED', 'the index is closed');
  }

  /** After each durable change. */
  #changed(agentId: string): void {
    this.#compaction?.touch(agentId);
    if (this.#upkeep !== null || this.#closing !== null) return;
    const { dead, cards } = this.#shelf;
    if (dead >= COMPACT_DEAD_MIN && dead > (dead + cards) * COMPACT_SHARE) void this.#keep(this.#compact());
  }

  async #keep(work: Promise<void>): Promise<void> {
    this.#upkeep = work
      .catch((error: Error) => this.#input.log?.warn({ err: error.message }, 'index upkeep failed'))
      .finally(() => {
        this.#upkeep = null;
      });
    await this.#upkeep;
  }

  async #compact(revector?: Revector, onProgress?: (done: number, total: number) => void): Promise<void> {
    const { dir } = this.#input;
    const generation = this.#manifest.generation + 1;
    const old = { table: this.#shelf, log: this.#log, manifest: this.#manifest };
    const compaction = new Compaction({
      dir,
      logName: logName(generation),
      embedder: this.#embedder,
      table: old.table,
      target: new CardShelf(),
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
      this.#shelf = compaction.table;
    } catch (error) {
      await compaction.abandon();
      throw error;
    } finally {
      this.#compaction = null;
      this.#gate = null;
      open();
    }
    await old.log.close();
    await unlink(join(dir, old.manifest.log)).catch(() => {});
    if (old.manifest.snapshot !== null) await unlink(join(dir, old.manifest.snapshot.file)).catch(() => {});
  }
}
