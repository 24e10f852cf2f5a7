// Entries that were written last, in memory, with their leaf hashes: the newest of a log are what is passed on, proven and asked for, by ten
// peers in the same second, and each read from the disk is a hand-over to another thread and back. What the disk changed is not seen here: an entry
// is forgotten when its body changes, and everything when a log is cut.

import { leafHash, type TreeNode } from '../../protocol/log/index.ts';
import type { StoredEntry } from './log-append.ts';
import { readId, recordKey } from './stored-forms.ts';

/** Bytes of records and bodies that are remembered: some thousand statements of all logs together. */
export const ENTRIES_REMEMBERED_BYTES_MAX = 4 * 1024 * 1024;

/** An entry as it is read from a log. */
export interface ReadEntry extends StoredEntry {
  readonly index: number;
  readonly statementId: string;
  readonly leaf: Uint8Array;
}

/** Remembers entries under their keys; the oldest are forgotten first. */
export class EntryMemory {
  readonly #entries = new Map<string, ReadEntry>();
  #bytes = 0;

  /** Remembers entries of a log that are on disk, from an index on; their leaves are among the tree nodes that were stored with them. */
  note(origin: string, from: number, entries: readonly StoredEntry[], nodes: readonly TreeNode[]): void {
    const leaves = new Map(nodes.flatMap(({ hash, index, level }) => (level === 0 ? [[index, hash]] : [])));
    entries.forEach(({ body, record }, i) => {
      const index = from + i;
      const statementId = readId(record);
      if (statementId === undefined) return;
      this.forget(origin, index);
      const leaf = leaves.get(index) ?? leafHash(record);
      this.#entries.set(recordKey(origin, index), { index, statementId, record, body, leaf });
      this.#bytes += sizeOf(record, body);
    });
    for (const [key, { body, record }] of this.#entries) {
      if (this.#bytes <= ENTRIES_REMEMBERED_BYTES_MAX) return;
      this.#entries.delete(key);
      this.#bytes -= sizeOf(record, body);
    }
  }

  /** One entry, or undefined. */
  get(origin: string, index: number): ReadEntry | undefined {
    return this.#entries.get(recordKey(origin, index));
  }

  /** Entries [from, to) when every one is remembered, with its body. */
  range(origin: string, from: number, to: number): ReadEntry[] | undefined {
    const found: ReadEntry[] = [];
    for (let index = from; index < to; index++) {
      const entry = this.get(origin, index);
      if (entry === undefined || entry.body === null) return undefined;
      found.push(entry);
    }
    return found;
  }

  /** The body of an entry comes, or goes. */
  forget(origin: string, index: number): void {
    const key = recordKey(origin, index);
    const known = this.#entries.get(key);
    if (known === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(known.record, known.body);
  }

  /** Forgets all: what is on the disk counts again. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

function sizeOf(record: Uint8Array, body: Uint8Array | null): number {
  return record.length + (body?.length ?? 0);
}
