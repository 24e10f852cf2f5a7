// One history of a log: its entries, every complete node of its tree, and the versions that its writer signed.

import { type CompactTree, type HashReader, leafHash } from '../../protocol/log/index.ts';
import type { TailEntry } from '../../protocol/sync/index.ts';

/** Entries and tree nodes of one history. A second history begins as a copy. */
export class History implements HashReader {
  readonly entries: TailEntry[] = [];
  readonly #levels: Uint8Array[][] = [];

  append(tree: CompactTree, entry: TailEntry): void {
    this.entries.push(entry);
    for (const { level, hash } of tree.append(leafHash(entry.record))) {
      this.#levels[level] ??= [];
      this.#levels[level].push(hash);
    }
  }

  node(level: number, index: number): Uint8Array | undefined {
    return this.#levels[level]?.[index];
  }

  copy(): History {
    const copy = new History();
    copy.entries.push(...this.entries);
    for (const level of this.#levels) copy.#levels.push([...level]);
    return copy;
  }
}
