// The index role: keeps a semantic index of every card this node knows, and answers shortlists to peers.

import { join } from 'node:path';
import { encode } from '@ipld/dag-cbor';
import { Value } from 'typebox/value';
import { type CardIndex, defaultEmbedder, type Embedder, openIndex } from '../../index-service/index.ts';
import { checkCardTime } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import { type Shortlist, type ShortlistRequest, shortlistRequestSchema } from '../find/schema.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { decodeCbor } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';

/** Cards that wait to be indexed; the log holds them all, so what overflows is caught by the next reconciliation. */
const WAITING_MAX = 100_000;
const RECONCILE_MS = 60_000;
/** One answer: 200 hits of some 150 bytes. */
const ANSWER_BYTES_MAX = 64 * 1024;
const REQUEST_BYTES_MAX = 16 * 1024;

/** Protocol of shortlists on a network. */
export function indexProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/index/1`,
    requestBytesMax: REQUEST_BYTES_MAX,
    responseBytesMax: ANSWER_BYTES_MAX,
    timeoutMs: 10_000,
    perSecond: 50,
    burst: 200,
  };
}

export interface IndexRoleDeps {
  readonly home: string;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly log: Logger;
  readonly network: string;
  readonly metrics: Metrics;
  /** Cards of this region only; undefined for all. */
  readonly region: string | undefined;
  /** Every card known, for reconciliation. */
  readonly cards: () => BookEntry[];
}

/** The semantic index of one node. */
export class IndexRole {
  readonly #deps: IndexRoleDeps;
  #index: CardIndex | undefined;
  #embedder: Embedder | undefined;
  #waiting = new Map<string, BookEntry>();
  #working: Promise<void> | undefined;
  #cancel: () => void = () => {};

  constructor(deps: IndexRoleDeps) {
    this.#deps = deps;
  }

  /** Opens the index, catches up with the cards known, and serves. */
  async start(): Promise<void> {
    const { home, clock, log, rpc, network } = this.#deps;
    this.#embedder = await defaultEmbedder();
    this.#index = await openIndex({
      dir: join(home, 'index'),
      embedder: this.#embedder,
      log,
      now: () => clock.now(),
    });
    const round = () => {
      void this.#reconcile().finally(() => {
        this.#cancel = clock.after(RECONCILE_MS, round);
      });
    };
    round();
    await rpc.handle(indexProtocol(network), async (bytes) => {
      const request = decodeCbor(bytes, 'the question');
      if (!Value.Check(shortlistRequestSchema, request))
        throw new ZeroError('DECODE_FAILED', 'not a shortlist request');
      return encode(await this.shortlist(request));
    });
  }

  /** Adds what the index lacks, and removes what no card stands for any more or what has expired. */
  async #reconcile(): Promise<void> {
    const { cards, clock, log, metrics } = this.#deps;
    const index = this.#index;
    if (index === undefined) return;
    const wanted = new Map<string, BookEntry>();
    for (const entry of cards()) {
      const here = this.#deps.region === undefined || entry.card.region === this.#deps.region;
      if (here && checkCardTime(entry.card, clock.now()) !== 'expired') wanted.set(entry.agentId, entry);
    }
    const gone = [...index.agentIds()].filter((agentId) => !wanted.has(agentId));
    const missing = [...wanted.values()].filter(({ agentId }) => !index.has(agentId));
    metrics.set('zerostate_index_lag_cards', missing.length + this.#waiting.size);
    for (const entry of missing) this.offer(entry);
    try {
      for (const agentId of gone) await index.remove(agentId);
    } catch (error) {
      log.error({ err: error }, 'cards could not be removed from the index');
    }
  }

  /** Queues a card for the index. Never waits. */
  offer(entry: BookEntry): void {
    if (this.#deps.region !== undefined && entry.card.region !== this.#deps.region) return;
    if (this.#waiting.size >= WAITING_MAX) return;
    this.#waiting.set(entry.agentId, entry);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Answers a question. Throws NO_INDEX before start. */
  async shortlist(request: ShortlistRequest): Promise<Shortlist> {
    const { embedder, mode, results } = await this.#opened().query(request);
    return {
      embedder,
      mode,
      results: results.map(({ agentId, cardId, score }) => ({
        agentId,
        cardId,
        score: Math.min(1, Math.max(0, score)),
      })),
    };
  }

  /** Figures of the index, and how many cards wait for it. */
  stats() {
    return { ...this.#opened().stats(), waiting: this.#waiting.size };
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#waiting.clear();
    await this.#working;
    await this.#index?.close();
    await this.#embedder?.close?.();
    this.#index = undefined;
  }

  #opened(): CardIndex {
    if (this.#index === undefined) throw new ZeroError('NO_INDEX', 'the index is not open');
    return this.#index;
  }

  async #work(): Promise<void> {
    while (this.#waiting.size > 0 && this.#index !== undefined) {
      const group = [...this.#waiting.values()].slice(0, 64);
      for (const entry of group) this.#waiting.delete(entry.agentId);
      try {
        await this.#index.upsertBatch(
          group.map(({ agentId, cardId, card, bytes }) => ({ agentId, cardId, card, envelope: bytes })),
        );
      } catch (error) {
        this.#deps.log.error({ err: error }, 'cards could not be indexed');
        return;
      }
    }
  }
}
