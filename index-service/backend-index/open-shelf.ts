// Opens an index folder for an index whose vectors are another engine's: the whole log, no snapshot. The files are those of any
// index: the folder can be opened with the built-in engine again.

import type { IndexLogger } from '../interface.ts';
import { currentManifest, type OpenCards, removeLeftovers } from '../open-folder.ts';
import { openCardLog } from '../store/card-log.ts';
import { CardShelf } from './shelf.ts';

/** Reads the log of a folder. Throws INDEX_CORRUPT. */
export async function openShelf(
  dir: string,
  embedder: { id: string; dims: number },
  logger: IndexLogger | undefined,
): Promise<OpenCards<CardShelf>> {
  const manifest = await currentManifest(dir, embedder, logger);
  await removeLeftovers(dir, manifest);
  const table = new CardShelf();
  let storedEmbedder = manifest.embedder;
  const { log, recovery } = await openCardLog(dir, manifest.log, 0, (record, offset) => {
    if (record.kind === 'start') storedEmbedder = record.embedder;
    else if (record.kind === 'remove') table.remove(record.agentId);
    else table.put(record.fields, record.vector, offset);
  });
  if (log.bytes === 0)
    await log.append({ kind: 'start', embedder: embedder.id, dims: embedder.dims }, () => {});
  return { table, log, manifest, recovery, storedEmbedder };
}
