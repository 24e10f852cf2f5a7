// The built-in engine behind the port: everything in this process's memory.

import { CardTable } from '../card-table.ts';
import type { BackendHit, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';

/** A backend of this process. Nothing is kept on disk. */
export function builtinBackend(dims: number): IndexBackend {
  return new BuiltinBackend(dims);
}

class BuiltinBackend implements IndexBackend {
  readonly name = 'builtin';
  readonly #table: CardTable;

  constructor(dims: number) {
    this.#table = new CardTable(dims);
  }

  async upsert(points: readonly BackendPoint[]): Promise<void> {
    for (const { id, vector, fields, reputation } of points) {
      const version = { roots: [], serial: 0, sequence: 0 };
      this.#table.put(
        { ...fields, agentId: id, cardId: id, name: id, version, words: [] },
        vector,
        0,
        reputation,
      );
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#table.remove(id);
  }

  async search({ vector, k, filter }: BackendQuery): Promise<BackendHit[]> {
    const { results } = await this.#table.search(vector, '', k, filter);
    return results.map(({ agentId, score }) => ({ id: agentId, score }));
  }

  async count(): Promise<number> {
    return this.#table.cards;
  }

  close(): Promise<void> {
    return this.#table.retire();
  }
}
