// The signed cards of an index folder: the log on disk, what is in memory of it, and the rewriting of both in the background. Keeps the newest
// card of each agent. How cards are searched is its owner's business.

import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../protocol/errors/index.ts';
import { cardFields, compareVersions } from './card-fields.ts';
import { type CardKeeper, Compaction, type Revector } from './compaction.ts';
import { cardText } from './embed/card-text.ts';
import { storedCardText } from './embed/stored-card-text.ts';
import type { CardEntry, Embedder, IndexLogger } from './interface.ts';
import { COMPACT_DEAD_MIN, COMPACT_SHARE, IMPORT_GROUP } from './limits.ts';
import type { OpenCards } from './open-folder.ts';
import type { CardLog } from './store/card-log.ts';
import { logName, type Manifest, writeManifest } from './store/manifest.ts';
import type { CardFields, PutRecord } from './store/record.ts';

interface CountedKeeper extends CardKeeper {
  readonly cards: number;
  readonly dead: number;
}

export interface DurableCardsInput<Keeper extends CountedKeeper> {
  readonly dir: string;
  readonly embedder: Embedder;
  readonly log: IndexLogger | undefined;
  readonly opened: OpenCards<Keeper>;
  /** An empty one, for a log that is rewritten. */
  readonly empty: () => Keeper;
  /** Called after each durable change. */
  readonly onChange?: () => void;
  /** Upkeep that is due besides rewriting; asked after each change while none runs. */
  readonly upkeepDue?: () => (() => Promise<void>) | undefined;
  /** Called when log and memory were rewritten. */
  readonly onRewritten?: () => void;
}

/** Cards with their log. Every change is on disk when its promise resolves. */
export class DurableCards<Keeper extends CountedKeeper> {
  readonly #input: DurableCardsInput<Keeper>;
  /** Newest version of each agent on its way to disk. */
  readonly #pending = new Map<string, CardFields>();
  #table: Keeper;
  #log: CardLog;
  #manifest: Manifest;
  #compaction: Compaction<Keeper> | null = null;
  #upkeep: Promise<void> | null = null;
  /** Writers wait here while a compaction switches files. */
  #gate: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(input: DurableCardsInput<Keeper>) {
    this.#input = input;
    this.#table = input.opened.table;
    this.#log = input.opened.log;
    this.#manifest = input.opened.manifest;
  }

  /** What is in memory now; another one after a compaction. */
  get table(): Keeper {
    return this.#table;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  get bytesOnDisk(): number {
    return this.#log.bytes;
  }

  get closing(): boolean {
    return this.#closing !== null;
  }

  /** Throws INDEX_CLOSED. */
  refuseClosed(): void {
    if (this.closing) throw new ZeroError('INDEX_CLOSED', 'the index is closed');
  }

  /** Embeds and writes a card if it is newer than what is there. Its text goes before those of batches. */
  async put(entry: CardEntry): Promise<void> {
    this.refuseClosed();
    const fields = cardFields(entry);
    if (!this.#isNewer(fields)) return;
    const vector = await this.#input.embedder.embed(cardText(entry.card));
    await this.#write(fields, vector, entry.envelope);
  }

  /** Embeds and writes what is newer than what is there, in groups; `onGroup` is told whose cards were written. */
  async putAll(
    entries: readonly CardEntry[],
    onProgress?: (done: number, total: number) => void,
    onGroup?: (agentIds: readonly string[]) => Promise<void>,
  ): Promise<void> {
    for (let at = 0; at < entries.length; at += IMPORT_GROUP) {
      this.refuseClosed();
      const group = entries
        .slice(at, at + IMPORT_GROUP)
        .map((entry) => ({ entry, fields: cardFields(entry) }));
      const wanted = group.filter(({ fields }) => this.#isNewer(fields));
      const vectors = await this.#input.embedder.embedBatch(wanted.map(({ entry }) => cardText(entry.card)));
      await Promise.all(
        wanted.map(({ entry, fields }, i) => this.#write(fields, vectors[i]!, entry.envelope)),
      );
      await onGroup?.(wanted.map(({ fields }) => fields.agentId));
      onProgress?.(Math.min(at + IMPORT_GROUP, entries.length), entries.length);
    }
  }

  async #write(fields: CardFields, vector: Float32Array, envelope: Uint8Array): Promise<void> {
    while (this.#gate !== null) await this.#gate;
    this.refuseClosed();
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

  /** False when the agent has no card here. */
  async remove(agentId: string): Promise<boolean> {
    while (this.#gate !== null) await this.#gate;
    this.refuseClosed();
    if (this.#table.find(agentId) === undefined && !this.#pending.has(agentId)) return false;
    this.#pending.delete(agentId);
    await this.#log.append({ kind: 'remove', agentId }, () => {
      this.#table.remove(agentId);
      this.#changed(agentId);
    });
    return true;
  }

  /** The stored record of an agent; null without one. Throws INDEX_CORRUPT when it cannot be read. */
  async read(agentId: string): Promise<PutRecord | null> {
    const log = this.#log;
    const stored = this.#table.find(agentId);
    if (stored === undefined) return null;
    try {
      return await log.read(stored.offset);
    } catch (error) {
      // A compaction may have closed this log while it was read.
      if (log !== this.#log) return await this.read(agentId);
      throw error;
    }
  }

  /** To be called when something that only memory holds has changed, so that a compaction under way carries it over. */
  touch(agentId: string): void {
    this.#compaction?.touch(agentId);
  }

  #changed(agentId: string): void {
    this.touch(agentId);
    this.#input.onChange?.();
    if (this.#upkeep !== null || this.closing) return;
    const { cards, dead } = this.#table;
    if (dead >= COMPACT_DEAD_MIN && dead > (dead + cards) * COMPACT_SHARE) void this.#keep(this.#rewrite());
    else {
      const due = this.#input.upkeepDue?.();
      if (due !== undefined) void this.#keep(due());
    }
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

  /** Rewrites the log with the living cards only. */
  async compact(onProgress?: (done: number, total: number) => void): Promise<void> {
    await this.settled();
    this.refuseClosed();
    const work = this.#rewrite(undefined, onProgress);
    await this.#keep(work);
    await work;
  }

  /** Gives new vectors to cards that another embedder embedded. */
  async embedAgain(): Promise<void> {
    const work = this.#rewrite((records) =>
      this.#input.embedder.embedBatch(records.map(({ envelope }) => storedCardText(envelope))),
    );
    await this.#keep(work);
    await work;
  }

  /** Resolves when no upkeep runs. */
  async settled(): Promise<void> {
    while (this.#upkeep !== null) await this.#upkeep;
  }

  /** Puts a manifest in the place of the present one. */
  async replaceManifest(manifest: Manifest): Promise<void> {
    this.#manifest = manifest;
    await writeManifest(this.#input.dir, manifest);
  }

  async #rewrite(revector?: Revector, onProgress?: (done: number, total: number) => void): Promise<void> {
    const { dir, embedder, empty, log: logger } = this.#input;
    const generation = this.#manifest.generation + 1;
    const old = { table: this.#table, log: this.#log, manifest: this.#manifest };
    const compaction = new Compaction({
      dir,
      logName: logName(generation),
      embedder,
      table: old.table,
      target: empty(),
      log: old.log,
      onDamaged: (agentId) => logger?.warn({ agentId }, 'a stored card is damaged and left out'),
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
      const { id, dims } = embedder;
      await this.replaceManifest({
        embedder: id,
        dims,
        generation,
        log: logName(generation),
        snapshot: null,
      });
      this.#log = log;
      this.#table = compaction.table;
      this.#input.onRewritten?.();
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

  /** Closes the log after upkeep and writes have ended, and `last` has had its turn. Closing twice is closing once. */
  close(last: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#close(last);
    return this.#closing;
  }

  async #close(last: () => Promise<void>): Promise<void> {
    await this.settled();
    await this.#log.drain();
    try {
      await last();
    } finally {
      await this.#log.close();
    }
  }

  /** Closes the log at once: for an index that did not come to life. */
  async abandon(): Promise<void> {
    await this.#log.close();
  }
}
