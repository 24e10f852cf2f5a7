// Opens a card index: takes the folder's lock, reads what is stored, embeds it again where the embedder has changed.

import { mkdir } from 'node:fs/promises';
import type { BackendEngine } from './backend/interface.ts';
import { BackendIndex } from './backend-index/index.ts';
import type { BackendIndexInput } from './backend-index/input.ts';
import { openShelf } from './backend-index/open-shelf.ts';
import { LocalIndex } from './card-index.ts';
import type { CardIndex, Embedder, IndexLogger } from './interface.ts';
import { openFolder } from './open-folder.ts';
import { lockFolder } from './store/lock.ts';

export interface OpenIndexOptions {
  /** Folder of this index alone. Created when missing. */
  readonly dir: string;
  readonly embedder: Embedder;
  readonly log?: IndexLogger;
  /** Clock in milliseconds since 1970, for statistics only: a query says itself what time it asks for. */
  readonly now?: () => number;
  /** Another vector engine (openEngine); left out for the built-in one. The cards stay in the folder's log either way. */
  readonly engine?: BackendEngine;
}

/**
 * Opens an index folder, or makes one. Everything acknowledged before the last end, even a kill, is there. Cards stored
 * with another embedder are embedded again. With an engine that is away it opens all the same; queries throw INDEX_BACKEND_DOWN
 * until it is back. Errors: INDEX_LOCKED, INDEX_CORRUPT, INDEX_BACKEND_UNAVAILABLE, EMBEDDER_MISMATCH, and what the embedder
 * throws.
 */
export async function openIndex({
  dir,
  embedder,
  log,
  now = Date.now,
  engine,
}: OpenIndexOptions): Promise<CardIndex> {
  await mkdir(dir, { recursive: true });
  const unlock = await lockFolder(dir);
  try {
    if (engine !== undefined) return await openWithEngine({ dir, embedder, engine, log, now, unlock });
    let damaged: (error: unknown) => void = () => {};
    const opened = await openFolder(dir, embedder, log, (error) => damaged(error));
    const index = new LocalIndex({ dir, embedder, log, now, unlock, opened });
    damaged = (error) => index.snapshotDamaged(error);
    if (opened.recovery.tornBytes > 0 || opened.recovery.quarantined > 0)
      log?.warn({ ...opened.recovery }, 'index log repaired');
    if (opened.storedEmbedder !== embedder.id) await index.embedAgain();
    return index;
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function openWithEngine(input: Omit<BackendIndexInput, 'opened'>): Promise<CardIndex> {
  const { dir, embedder, log } = input;
  const opened = await openShelf(dir, embedder, log);
  if (opened.recovery.tornBytes > 0 || opened.recovery.quarantined > 0)
    log?.warn({ ...opened.recovery }, 'index log repaired');
  const index = new BackendIndex({ ...input, opened });
  try {
    await index.start();
    return index;
  } catch (error) {
    await index.abandon();
    throw error;
  }
}
