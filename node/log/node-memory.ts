// Tree nodes that were written last, in memory. A proof needs a dozen of them, nearly always from the newest end of a log, and each read
// from the disk is a hand-over to another thread and back.

import type { AsyncHashReader, TreeNode } from '../../protocol/log/index.ts';
import type { BytesLevel } from '../storage/index.ts';
import { nodeKey } from './stored-forms.ts';

/** Nodes remembered, some 0.2 kB each: the newest sixteen thousand entries of all logs together. */
export const NODES_REMEMBERED_MAX = 32_768;

/** Remembers nodes under their keys; the oldest are forgotten first. */
export class NodeMemory {
  readonly #hashes = new Map<string, Uint8Array>();

  /** Remembers nodes of a log that are on disk. */
  note(origin: string, nodes: Iterable<TreeNode>): void {
    for (const { hash, index, level } of nodes) {
      const key = nodeKey(origin, level, index);
      if (this.#hashes.size >= NODES_REMEMBERED_MAX && !this.#hashes.has(key))
        this.#hashes.delete(this.#hashes.keys().next().value as string);
      this.#hashes.set(key, hash);
    }
  }

  /** Nodes of a log, for proofs; what is not remembered is read from `stored`. */
  reader(origin: string, stored: BytesLevel): AsyncHashReader {
    return {
      node: (level, index) => {
        const key = nodeKey(origin, level, index);
        return this.#hashes.get(key) ?? stored.get(key);
      },
    };
  }

  /** Forgets all: what is on the disk counts again. */
  clear(): void {
    this.#hashes.clear();
  }
}
