// Opens an index folder: manifest, snapshot if it is sound, log behind it. Returns the table and the log; leftovers of an
// interrupted compaction are removed.

import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../protocol/errors/index.ts';
import { CardTable } from './card-table.ts';
import type { IndexLogger } from './interface.ts';
import { type CardLog, type LogRecovery, openCardLog } from './store/card-log.ts';
import { logName, type Manifest, readManifest, writeManifest } from './store/manifest.ts';
import type { LogRecord } from './store/record.ts';
import { loadTable } from './table-snapshot.ts';

/** What opening a folder gives: what is in memory of its cards, and the log behind it. */
export interface OpenCards<Table> {
  readonly table: Table;
  readonly log: CardLog;
  readonly manifest: Manifest;
  readonly recovery: LogRecovery;
  /** Embedder of the vectors in the log; when it is not the one asked for, the table is empty of vectors to use. */
  readonly storedEmbedder: string;
}

export type OpenFolder = OpenCards<CardTable>;

export async function openFolder(
  dir: string,
  embedder: { id: string; dims: number },
  logger: IndexLogger | undefined,
  onDamage: (error: unknown) => void,
): Promise<OpenFolder> {
  const manifest = await currentManifest(dir, embedder, logger);
  await removeLeftovers(dir, manifest);
  const restored = await restoredTable(dir, manifest, embedder, logger, onDamage);
  const stored = { embedder: manifest.embedder, dims: manifest.dims };
  const table = restored?.table ?? new CardTable(manifest.dims);
  try {
    const { log, recovery } = await openCardLog(
      dir,
      manifest.log,
      restored?.offset ?? 0,
      (record, offset) => {
        if (record.kind === 'start') Object.assign(stored, { embedder: record.embedder, dims: record.dims });
        else replay(table, record, offset);
      },
    );
    if (log.bytes === 0)
      await log.append({ kind: 'start', embedder: embedder.id, dims: embedder.dims }, () => {});
    return { table, log, manifest, recovery, storedEmbedder: stored.embedder };
  } catch (error) {
    await table.retire();
    throw error;
  }
}

function replay(table: CardTable, record: Exclude<LogRecord, { kind: 'start' }>, offset: number): void {
  if (record.kind === 'remove') {
    table.remove(record.agentId);
    return;
  }
  const { dims } = table.engine.vectors.layout;
  if (record.vector.length !== dims)
    throw new ZeroError('INDEX_CORRUPT', `a vector has ${record.vector.length} numbers, not ${dims}`);
  table.put(record.fields, record.vector, offset);
}

/** The manifest of a folder, made when there is none and made again when it is damaged. */
export async function currentManifest(
  dir: string,
  embedder: { id: string; dims: number },
  logger: IndexLogger | undefined,
): Promise<Manifest> {
  try {
    const manifest = await readManifest(dir);
    if (manifest !== null) return manifest;
  } catch (error) {
    if (!(error instanceof ZeroError)) throw error;
    // The newest log names everything that the manifest does.
    logger?.warn({ err: error.message }, 'index manifest set aside');
    await rename(join(dir, 'manifest.json'), join(dir, 'manifest.damaged.json'));
  }
  const generations = (await readdir(dir)).flatMap((name) => /^cards-(\d{6})\.log$/.exec(name)?.[1] ?? []);
  const generation = Math.max(1, ...generations.map(Number));
  const first = await firstRecord(dir, logName(generation));
  const manifest: Manifest = {
    embedder: first?.embedder ?? embedder.id,
    dims: first?.dims ?? embedder.dims,
    generation,
    log: logName(generation),
    snapshot: null,
  };
  await writeManifest(dir, manifest);
  return manifest;
}

async function firstRecord(dir: string, name: string): Promise<{ embedder: string; dims: number } | null> {
  const exists = await stat(join(dir, name)).catch(() => null);
  if (exists === null) return null;
  let found: { embedder: string; dims: number } | null = null;
  const { log } = await openCardLog(dir, name, 0, (record) => {
    if (record.kind === 'start') found ??= record;
  });
  await log.close();
  return found;
}

/** Null when there is no snapshot to use; the log is then read from its start. */
async function restoredTable(
  dir: string,
  manifest: Manifest,
  embedder: { id: string; dims: number },
  logger: IndexLogger | undefined,
  onDamage: (error: unknown) => void,
): Promise<{ table: CardTable; offset: number } | null> {
  if (manifest.snapshot === null || manifest.embedder !== embedder.id) return null;
  const { file, offset } = manifest.snapshot;
  try {
    const log = await stat(join(dir, manifest.log));
    if (log.size < offset) throw new ZeroError('INDEX_CORRUPT', 'the log is shorter than its snapshot');
    return { table: await loadTable(join(dir, file), embedder, onDamage), offset };
  } catch (error) {
    logger?.warn({ err: (error as Error).message, file }, 'index snapshot not used; reading the log');
    return null;
  }
}

/** Removes what an interrupted compaction left behind. */
export async function removeLeftovers(dir: string, manifest: Manifest): Promise<void> {
  const keep = new Set([manifest.log, manifest.snapshot?.file]);
  for (const name of await readdir(dir)) {
    const ours =
      /^(cards-\d{6}\.log|snapshot-\d{6}-\d+\.bin)(\.new)?$/.test(name) || name === 'manifest.json.new';
    if (ours && !keep.has(name)) await unlink(join(dir, name));
  }
}
