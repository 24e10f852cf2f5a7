// Writes a new log with the living cards only, and a new table beside it, while the index goes on working. Changes made
// meanwhile are noted and repeated at the end, when the caller holds writers back for a moment.

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isZeroError } from '../protocol/errors/index.ts';
import type { CardLog } from './store/card-log.ts';
import { openCardLog } from './store/card-log.ts';
import type { CardFields, PutRecord } from './store/record.ts';
import { syncFolder } from './store/sync-folder.ts';

/** Cards copied at once; between groups others get their turn. */
const GROUP_CARDS = 64;

/** What is in memory of the cards of a log: a table with vectors, or a shelf without. */
export interface CardKeeper {
  agentIds(): Iterable<string>;
  find(agentId: string): StoredAt | undefined;
  put(fields: CardFields, vector: Float32Array, offset: number, reputation?: number): void;
  remove(agentId: string): void;
  reputation(agentId: string): number | undefined;
  retire(): Promise<void>;
}

interface StoredAt {
  /** Where the log holds it. */
  readonly offset: number;
  readonly fields: CardFields;
}

/** Gives vectors for stored cards: those of the log, or new ones for another embedder. */
export type Revector = (records: readonly PutRecord[]) => Promise<readonly Float32Array[]>;

export interface CompactionInput<Keeper extends CardKeeper> {
  readonly dir: string;
  readonly logName: string;
  readonly embedder: { readonly id: string; readonly dims: number };
  readonly table: Keeper;
  /** An empty one for the new log. */
  readonly target: Keeper;
  readonly log: CardLog;
  readonly revector?: Revector;
  readonly onProgress?: (done: number, total: number) => void;
  /** A stored card that can no longer be read is left out. */
  readonly onDamaged: (agentId: string) => void;
}

/** Until it is whole, a new log has this ending: it is never mistaken for one to open. */
const UNFINISHED = '.new';

/** A compaction on its way. */
export class Compaction<Keeper extends CardKeeper> {
  readonly table: Keeper;
  readonly #input: CompactionInput<Keeper>;
  readonly #touched = new Set<string>();
  #log: CardLog | null = null;

  constructor(input: CompactionInput<Keeper>) {
    this.#input = input;
    this.table = input.target;
  }

  /** To be called for each agent whose card changes while `copy` runs. */
  touch(agentId: string): void {
    this.#touched.add(agentId);
  }

  /** Copies what lives now. */
  async copy(): Promise<void> {
    const { dir, logName, embedder, table } = this.#input;
    const { log } = await openCardLog(dir, logName + UNFINISHED, 0, () => {});
    this.#log = log;
    await log.append({ kind: 'start', embedder: embedder.id, dims: embedder.dims }, () => {});
    // In the order of the log, so that reading is sequential.
    const cards = [...table.agentIds()]
      .flatMap((agentId) => table.find(agentId) ?? [])
      .sort((a, b) => a.offset - b.offset);
    await this.#copyAll(cards);
  }

  /** Repeats what changed meanwhile. Nobody may write to the old log while this runs. Returns the new log. */
  async finish(): Promise<CardLog> {
    const log = this.#log;
    if (log === null) throw new TypeError('finish before copy');
    const { table } = this.#input;
    const changed = [...this.#touched].map((agentId) => ({ agentId, card: table.find(agentId) }));
    await this.#copyAll(changed.flatMap(({ card }) => card ?? []));
    for (const { agentId, card } of changed) {
      if (card === undefined) await log.append({ kind: 'remove', agentId }, () => this.table.remove(agentId));
    }
    await log.drain();
    const { dir, logName } = this.#input;
    await rename(join(dir, logName + UNFINISHED), join(dir, logName));
    await syncFolder(dir);
    return log;
  }

  async abandon(): Promise<void> {
    await this.#log?.close();
    await this.table.retire();
  }

  async #copyAll(cards: readonly StoredAt[]): Promise<void> {
    const { revector, onProgress, table } = this.#input;
    for (let at = 0; at < cards.length; at += GROUP_CARDS) {
      const group = cards.slice(at, at + GROUP_CARDS);
      const records = (await Promise.all(group.map((card) => this.#read(card)))).filter(
        (record) => record !== null,
      );
      const vectors = revector === undefined ? records.map(({ vector }) => vector) : await revector(records);
      await Promise.all(
        records.map((record, i) => {
          const vector = vectors[i]!;
          const { fields } = record;
          const reputation = table.reputation(fields.agentId);
          return this.#log!.append({ ...record, vector }, (offset) =>
            this.table.put(fields, vector, offset, reputation),
          );
        }),
      );
      onProgress?.(Math.min(at + GROUP_CARDS, cards.length), cards.length);
    }
  }

  async #read({ offset, fields }: StoredAt): Promise<PutRecord | null> {
    try {
      return await this.#input.log.read(offset);
    } catch (error) {
      if (!isZeroError(error) || error.code !== 'INDEX_CORRUPT') throw error;
      this.#input.onDamaged(fields.agentId);
      return null;
    }
  }
}
