// Another zerostate index behind the port, over HTTP. It is sent signed cards and verifies them itself; both sides must use one
// embedder. The served index belongs to the one that uses it: what it has beyond that is deleted.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { IndexClient } from '../client/index-client.ts';
import type { BackendAnswer, BackendHolding, BackendPoint, BackendQuery, IndexBackend } from './interface.ts';

export interface HttpBackendOptions {
  readonly client: IndexClient;
  readonly embedder: { readonly id: string };
}

/** Removals under way at once: each is a request and a flush over there. */
const REMOVALS_AT_ONCE = 8;

/** Asks the served index which embedder it uses. Throws EMBEDDER_MISMATCH, UNAUTHORIZED or NODE_UNREACHABLE. */
export async function httpBackend({ client, embedder }: HttpBackendOptions): Promise<IndexBackend> {
  const { embedder: theirs } = await client.stats();
  if (theirs !== embedder.id)
    throw new ZeroError(
      'EMBEDDER_MISMATCH',
      `the served index uses embedder ${String(theirs).slice(0, 256)}, this one ${embedder.id}`,
      { details: { theirs: String(theirs).slice(0, 256), ours: embedder.id } },
    );
  return new HttpBackend(client, embedder.id);
}

class HttpBackend implements IndexBackend {
  readonly name = 'http';
  readonly #client: IndexClient;
  readonly #embedder: string;

  constructor(client: IndexClient, embedder: string) {
    this.#client = client;
    this.#embedder = embedder;
  }

  async upsert(points: readonly BackendPoint[]): Promise<void> {
    const { refused } = await this.#client.importCards(points.map(({ envelope }) => envelope));
    const [first] = refused;
    if (first !== undefined)
      throw new ZeroError('INDEX_CARD_REFUSED', `the served index refused: ${first.code}: ${first.message}`);
    await this.#client.setReputations(
      points.flatMap(({ id, reputation }) => (reputation === undefined ? [] : [{ agentId: id, reputation }])),
    );
  }

  async remove(ids: readonly string[]): Promise<void> {
    const next = ids.values();
    const worker = async () => {
      for (const id of next) await this.#client.remove(id);
    };
    await Promise.all(Array.from({ length: REMOVALS_AT_ONCE }, worker));
  }

  async search({ vector, text, k, filter }: BackendQuery): Promise<BackendAnswer> {
    const { results, partial, recall } = await this.#client.query({
      vector,
      embedder: this.#embedder,
      k,
      ...(text !== undefined && { text }),
      ...(filter !== undefined && { filter }),
    });
    const hits = results.map(({ agentId, score }) => ({ id: agentId, score }));
    return { hits, recall, ...(partial === true && { partial }) };
  }

  async count(): Promise<number> {
    return (await this.#client.stats()).cards;
  }

  async *list(): AsyncGenerator<BackendHolding[]> {
    let after: string | undefined;
    do {
      const { cards, next } = await this.#client.list(after);
      yield cards.map(({ agentId, ...rest }) => ({ id: agentId, ...rest }));
      // A server that does not go forward would be listed for ever.
      if (next !== undefined && after !== undefined && next <= after)
        throw new ZeroError('DECODE_FAILED', 'the served index lists its cards out of order');
      after = next;
    } while (after !== undefined);
  }

  async close(): Promise<void> {}
}
