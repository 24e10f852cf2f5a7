// Reads all logs back at start and compares every record, body and tree node with its hash. A damaged log is cut to its sound
// beginning, so that the rest is fetched from peers again; nothing damaged is served meanwhile.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { CompactTree } from '../../protocol/log/index.ts';
import type { LogStore } from './log-store.ts';

/** A log that was not whole. */
export interface Damage {
  readonly origin: string;
  /** Entries that it had, and the sound ones that are left. */
  readonly size: number;
  readonly sound: number;
}

/** Checks every log; answers those that it had to cut. Throws what the database throws when it cannot read at all. */
export async function scrubLogs(store: LogStore): Promise<Damage[]> {
  const damages: Damage[] = [];
  store.forget();
  for (const { origin, size, root } of store.states()) {
    const { tree, bytes } = await soundPart(store, origin, size);
    // All entries fit their own hashes, but another root was signed: nothing says where the error is.
    const whole = tree.size === size;
    if (whole && equalBytes(tree.root(), root)) {
      store.counted(origin, bytes);
      continue;
    }
    await store.cut(origin, whole ? new CompactTree() : tree, whole ? 0 : bytes);
    damages.push({ origin, size, sound: whole ? 0 : tree.size });
  }
  return damages;
}

async function soundPart(
  store: LogStore,
  origin: string,
  size: number,
): Promise<{ tree: CompactTree; bytes: number }> {
  const tree = new CompactTree();
  let before = tree;
  let bytes = 0;
  const inner = store.innerNodes(origin);
  try {
    for await (const { leaf, record, body } of store.entries(origin, 0, size)) {
      before = tree.clone();
      for (const { level, hash } of tree.append(leaf).slice(1)) {
        const stored = await inner.next(level);
        if (stored === undefined || !equalBytes(stored, hash)) return { tree: before, bytes };
      }
      bytes += record.length + (body?.length ?? 0);
    }
  } catch (error) {
    if (!isZeroError(error) || error.code !== 'DATA_CORRUPT') throw error;
  } finally {
    await inner.close();
  }
  return { tree, bytes };
}
