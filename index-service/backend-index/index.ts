// A card index whose vectors and filters are another engine's. The signed cards stay in the durable log of the folder: it is the
// truth, and what the engine answers is held against it.

import type { BackendPoint } from '../backend/interface.ts';
import { DurableCards } from '../durable-cards.ts';
import type { CardAnswer, CardEntry, CardIndex, CardQuery, Embedder, IndexStats } from '../interface.ts';
import { BACKEND_SPARE_HITS, QUERY_K_MAX, REPUTATION_UNKNOWN } from '../limits.ts';
import { checkQuery } from '../search/check-query.ts';
import type { BackendIndexInput } from './input.ts';
import { CardShelf } from './shelf.ts';
import { shownHits } from './shown-hits.ts';
import { BackendSync } from './sync.ts';

export class BackendIndex implements CardIndex {
  readonly #input: BackendIndexInput;
  readonly #embedder: Embedder;
  readonly #cards: DurableCards<CardShelf>;
  readonly #sync: BackendSync;
  #queries = 0;
  #closing: Promise<void> | null = null;

  constructor(input: BackendIndexInput) {
    const { dir, embedder, engine, log, opened } = input;
    this.#input = input;
    this.#embedder = embedder;
    this.#cards = new DurableCards({ dir, embedder, log, opened, empty: () => new CardShelf() });
    this.#sync = new BackendSync(
      engine,
      {
        agentIds: () => this.#shelf.agentIds(),
        holding: (agentId) => {
          const card = this.#shelf.find(agentId);
          return card && { cardId: card.fields.cardId, reputation: card.reputation };
        },
        point: (agentId) => this.#point(agentId),
      },
      log,
    );
  }

  get #shelf(): CardShelf {
    return this.#cards.table;
  }

  /** Embeds again what another embedder has embedded, then connects. Throws what keeps the engine from being used at all. */
  async start(): Promise<void> {
    if (this.#input.opened.storedEmbedder !== this.#embedder.id) await this.#cards.embedAgain();
    await this.#sync.start();
  }

  /** Ends what `start` did not bring to life. The lock is the caller's. */
  async abandon(): Promise<void> {
    await this.#sync.close();
    await this.#cards.abandon();
  }

  async #point(agentId: string): Promise<BackendPoint | null> {
    try {
      const record = await this.#cards.read(agentId);
      if (record === null) return null;
      const { envelope, fields, vector } = record;
      const reputation = this.#shelf.reputation(agentId) ?? REPUTATION_UNKNOWN;
      return { id: agentId, cardId: fields.cardId, vector, fields, envelope, reputation };
    } catch (error) {
      this.#input.log?.warn({ agentId, err: (error as Error).message }, 'a stored card cannot be read');
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
    await this.#cards.putAll(entries, onProgress, (agentIds) => this.#sync.changed(agentIds));
  }

  async remove(agentId: string): Promise<void> {
    if (await this.#cards.remove(agentId)) await this.#sync.changed([agentId]);
  }

  has(agentId: string): boolean {
    return this.#shelf.find(agentId) !== undefined;
  }

  cardIdOf(agentId: string): string | undefined {
    return this.#shelf.find(agentId)?.fields.cardId;
  }

  async get(agentId: string): Promise<{ cardId: string; envelope: Uint8Array } | null> {
    this.#cards.refuseClosed();
    const record = await this.#cards.read(agentId);
    return record && { cardId: record.fields.cardId, envelope: record.envelope };
  }

  agentIds(): IterableIterator<string> {
    return this.#shelf.agentIds();
  }

  setReputation(agentId: string, value: number): void {
    if (!this.#shelf.setReputation(agentId, Math.min(1, Math.max(0, value)))) return;
    this.#cards.touch(agentId);
    void this.#sync.changed([agentId]);
  }

  reputation(agentId: string): number | undefined {
    return this.#shelf.reputation(agentId);
  }

  /** As the contract says; throws INDEX_BACKEND_DOWN while the engine is away. */
  async query(query: CardQuery): Promise<CardAnswer> {
    this.#cards.refuseClosed();
    checkQuery(query, this.#embedder);
    const { text, k, filter } = query;
    this.#sync.open();
    const rough = query.vector === undefined ? (this.#embedder.embedRough?.(text!) ?? null) : null;
    const vector = query.vector ?? rough ?? (await this.#embedder.embed(text!));
    this.#cards.refuseClosed();
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
    await this.#cards.compact(onProgress);
  }

  stats(): IndexStats {
    return {
      cards: this.#shelf.cards,
      expired: this.#shelf.expired(this.#input.now()),
      tombstones: this.#shelf.dead,
      dims: this.#embedder.dims,
      embedder: this.#embedder.id,
      bytesOnDisk: this.#cards.bytesOnDisk,
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
    await this.#cards.settled();
    await this.#sync.settled();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#cards.close(() => this.#sync.close());
    } finally {
      await this.#input.unlock();
    }
  }
}
