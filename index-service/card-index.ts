// The card index: log for the truth, columns and vectors for the search. Opens from its folder, validates queries, keeps
// the newest card of each agent.

import { mkdir } from 'node:fs/promises';
import { ZeroError } from '../protocol/errors/index.ts';
import { cardFields, compareVersions } from './card-fields.ts';
import { cardText } from './embed/card-text.ts';
import type {
  CardAnswer,
  CardEntry,
  CardHit,
  CardIndex,
  CardQuery,
  Embedder,
  IndexLogger,
  IndexStats,
} from './interface.ts';
import { checkQuery } from './search/check-query.ts';
import { CardColumns } from './search/columns.ts';
import { VectorEngine } from './search/engine.ts';
import { FilterEvaluator } from './search/filter.ts';
import { selectionCount } from './search/searcher.ts';
import { type CardLog, type LogRecovery, openCardLog } from './store/card-log.ts';
import type { CardFields } from './store/record.ts';

export interface OpenIndexOptions {
  /** Folder of this index alone. Created when missing. */
  readonly dir: string;
  readonly embedder: Embedder;
  readonly log?: IndexLogger;
  /** Clock in milliseconds since 1970, for statistics only: a query says itself what time it asks for. */
  readonly now?: () => number;
}

const LOG_NAME = 'cards-000001.log';

/** Opens an index folder, or makes one. Everything acknowledged before the last end, even a kill, is there. */
export async function openIndex({
  dir,
  embedder,
  log,
  now = Date.now,
}: OpenIndexOptions): Promise<CardIndex> {
  await mkdir(dir, { recursive: true });
  const index = new LocalIndex(embedder, now);
  await index.open(dir, log);
  return index;
}

interface Stored {
  readonly slot: number;
  readonly offset: number;
  readonly fields: CardFields;
}

class LocalIndex implements CardIndex {
  readonly #embedder: Embedder;
  readonly #now: () => number;
  readonly #columns = new CardColumns();
  readonly #engine: VectorEngine;
  readonly #filters: FilterEvaluator;
  readonly #stored = new Map<string, Stored>();
  readonly #bySlot: CardFields[] = [];
  /** Newest version of each agent on its way to disk. */
  readonly #pending = new Map<string, CardFields>();
  #log!: CardLog;
  #recovery: LogRecovery = { records: 0, tornBytes: 0, quarantined: 0 };
  #closed = false;

  constructor(embedder: Embedder, now: () => number) {
    this.#embedder = embedder;
    this.#now = now;
    this.#engine = new VectorEngine({ dims: embedder.dims });
    this.#filters = new FilterEvaluator(this.#columns, () => this.#engine.vectors.living());
  }

  async open(dir: string, log: IndexLogger | undefined): Promise<void> {
    const opened = await openCardLog(dir, LOG_NAME, 0, (record, offset) => {
      if (record.kind === 'remove') this.#forget(record.agentId);
      else this.#apply(record.fields, record.vector, offset);
    });
    this.#log = opened.log;
    this.#recovery = opened.recovery;
    if (this.#recovery.tornBytes > 0 || this.#recovery.quarantined > 0)
      log?.warn({ ...this.#recovery }, 'index log repaired');
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
    const step = 64;
    for (let at = 0; at < entries.length; at += step) {
      this.#refuseClosed();
      const part = entries.slice(at, at + step);
      const vectors = await this.#embedder.embedBatch(part.map(({ card }) => cardText(card)));
      await Promise.all(part.map((entry, i) => this.#write(cardFields(entry), vectors[i]!, entry.envelope)));
      onProgress?.(Math.min(at + step, entries.length), entries.length);
    }
  }

  async #write(fields: CardFields, vector: Float32Array, envelope: Uint8Array): Promise<void> {
    this.#refuseClosed();
    if (!this.#isNewer(fields)) return;
    this.#pending.set(fields.agentId, fields);
    try {
      await this.#log.append({ kind: 'put', fields, vector, envelope }, (offset) =>
        this.#apply(fields, vector, offset),
      );
    } finally {
      if (this.#pending.get(fields.agentId) === fields) this.#pending.delete(fields.agentId);
    }
  }

  #isNewer(fields: CardFields): boolean {
    const known = this.#pending.get(fields.agentId) ?? this.#stored.get(fields.agentId)?.fields;
    return known === undefined || compareVersions(fields, known) > 0;
  }

  #apply(fields: CardFields, vector: Float32Array, offset: number): void {
    const old = this.#stored.get(fields.agentId);
    const slot = this.#columns.add(
      fields,
      old === undefined ? undefined : this.#columns.reputation(old.slot),
    );
    this.#engine.push(vector);
    this.#bySlot[slot] = fields;
    this.#stored.set(fields.agentId, { slot, offset, fields });
    if (old !== undefined) this.#engine.kill(old.slot);
  }

  #forget(agentId: string): void {
    const old = this.#stored.get(agentId);
    if (old === undefined) return;
    this.#engine.kill(old.slot);
    this.#stored.delete(agentId);
  }

  async remove(agentId: string): Promise<void> {
    this.#refuseClosed();
    if (!this.#stored.has(agentId) && !this.#pending.has(agentId)) return;
    this.#pending.delete(agentId);
    await this.#log.append({ kind: 'remove', agentId }, () => this.#forget(agentId));
  }

  has(agentId: string): boolean {
    return this.#stored.has(agentId);
  }

  async get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null> {
    this.#refuseClosed();
    const stored = this.#stored.get(agentId);
    if (stored === undefined) return null;
    const { envelope } = await this.#log.read(stored.offset);
    return { cardId: stored.fields.cardId, envelope };
  }

  agentIds(): IterableIterator<string> {
    return this.#stored.keys();
  }

  setReputation(agentId: string, value: number): void {
    const stored = this.#stored.get(agentId);
    if (stored !== undefined) this.#columns.setReputation(stored.slot, Math.min(1, Math.max(0, value)));
  }

  async query(query: CardQuery): Promise<CardAnswer> {
    this.#refuseClosed();
    checkQuery(query, this.#embedder);
    const vector = query.vector ?? (await this.#embedder.embed(query.text!));
    const selection = this.#filters.select(query.filter, this.#engine.cards);
    const { slots, scores, mode, recall } = await this.#engine.search(vector, query.k, selection);
    const results: CardHit[] = [];
    slots.forEach((slot, i) => {
      const fields = this.#bySlot[slot];
      // A card may have been replaced while another thread searched.
      if (fields === undefined || this.#stored.get(fields.agentId)?.slot !== slot) return;
      results.push({
        agentId: fields.agentId,
        cardId: fields.cardId,
        name: fields.name,
        score: Math.min(1, Math.max(0, scores[i]!)),
      });
    });
    return {
      results: results.sort(byScore),
      mode,
      recall,
      embedder: this.#embedder.id,
      matched: selectionCount(selection),
    };
  }

  stats(): IndexStats {
    return {
      cards: this.#stored.size,
      expired: this.#expired(),
      tombstones: this.#columns.slots - this.#stored.size,
      dims: this.#embedder.dims,
      embedder: this.#embedder.id,
      bytesOnDisk: this.#log.bytes,
      graph: this.#engine.graph.state,
      graphCards: this.#engine.graph.slots,
      graphRecall: this.#engine.graph.recall,
      bytesInMemory: this.#engine.vectors.bytes,
      recovery: this.#recovery,
      queries: { ...this.#engine.runs },
    };
  }

  #expired(): number {
    const now = this.#now();
    if (this.#columns.expiresMin > now) return 0;
    let count = 0;
    for (const { slot } of this.#stored.values()) if (this.#columns.expires(slot) <= now) count++;
    return count;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#log.close();
    await this.#engine.close();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ZeroError('INDEX_CLOSED', 'the index is closed');
  }
}

/** Best first; ties by agent id, so that shards and repetitions agree. */
function byScore(a: CardHit, b: CardHit): number {
  return b.score - a.score || (a.agentId < b.agentId ? -1 : 1);
}
