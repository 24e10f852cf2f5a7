// The built-in engine behind the port: everything in this process's memory.

import { CardTable } from '../card-table.ts';
import type { BackendAnswer, BackendHolding, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';

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
    for (const { id, cardId, vector, fields, reputation } of points) {
      const version = { roots: [], serial: 0, sequence: 0 };
      this.#table.put(
        { ...fields, agentId: id, cardId, name: id, version, words: [] },
        vector,
        0,
        reputation,
      );
    }
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#table.remove(id);
  }

  async search({ vector, k, filter }: BackendQuery): Promise<BackendAnswer> {
    const { results, recall } = await this.#table.search(vector, '', k, filter);
    return { hits: results.map(({ agentId, score }) => ({ id: agentId, score })), recall };
  }

  async *list(): AsyncGenerator<BackendHolding[]> {
    const table = this.#table;
    yield [...table.agentIds()].map((id) => {
      const { cardId } = table.find(id)!.fields;
      return { id, cardId, reputation: table.reputation(id)! };
    });
  }

  async count(): Promise<number> {
    return this.#table.cards;
  }

  close(): Promise<void> {
    return this.#table.retire();
  }
}
