// The index role: keeps a semantic index of every card this node knows, and answers shortlists to peers.

import { join } from 'node:path';
import { encode } from '@ipld/dag-cbor';
import { Value } from 'typebox/value';
import {
  type CardIndex,
  defaultEmbedder,
  type Embedder,
  type EngineSettings,
  openEngine,
  openIndex,
} from '../../index-service/index.ts';
import { checkCardTime } from '../../protocol/card/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { Clock } from '../clock/index.ts';
import {
  BATCH_REQUESTS_MAX,
  type Shortlist,
  type ShortlistBatchAnswer,
  type ShortlistRequest,
  shortlistBatchSchema,
  shortlistRequestSchema,
} from '../find/schema.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { decodeCbor } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';

/** Cards that wait to be indexed; the log holds them all, so what overflows is caught by the next reconciliation. */
const WAITING_MAX = 100_000;
/** Cards embedded and written together. */
const GROUP_MAX = 64;
/** Pause between two reconciliations. */
const RECONCILE_MS = 60_000;
/** One answer: 200 hits of some 150 bytes. */
const ANSWER_BYTES_MAX = 64 * 1024;
const REQUEST_BYTES_MAX = 16 * 1024;
const MESSAGE_CHARS_MAX = 500; // of an error, as another node shows it

/** Protocol of shortlists on a network. */
export function indexProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/index/1`,
    requestBytesMax: REQUEST_BYTES_MAX,
    responseBytesMax: ANSWER_BYTES_MAX,
    timeoutMs: 10_000,
    perSecond: 50,
    burst: 200,
    repeatable: true,
  };
}

/** Protocol of several questions at once. Its rate is the one above, shared out over full batches. */
export function indexBatchProtocol(network: string): RpcProtocol {
  const single = indexProtocol(network);
  return {
    id: `/zerostate/${network}/index-batch/1`,
    requestBytesMax: BATCH_REQUESTS_MAX * REQUEST_BYTES_MAX,
    responseBytesMax: BATCH_REQUESTS_MAX * ANSWER_BYTES_MAX,
    timeoutMs: single.timeoutMs,
    perSecond: Math.floor(single.perSecond / BATCH_REQUESTS_MAX),
    burst: Math.floor(single.burst / BATCH_REQUESTS_MAX),
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
  readonly embedder?: () => Promise<Embedder>;
  /** Default: the built-in engine. */
  readonly engine?: EngineSettings;
}

/** The semantic index of one node. */
export class IndexRole {
  readonly #deps: IndexRoleDeps;
  #index: CardIndex | undefined;
  #embedder: Embedder | undefined;
  /** By agent, the one that waits longest first. */
  #waiting = new Map<string, { entry: BookEntry; since: number }>();
  #working: Promise<void> | undefined;
  #cancel: () => void = () => {};

  constructor(deps: IndexRoleDeps) {
    this.#deps = deps;
  }

  /** Opens the index, catches up with the cards known, and serves. */
  async start(): Promise<void> {
    const { home, clock, log, rpc, network } = this.#deps;
    this.#embedder = await (this.#deps.embedder ?? defaultEmbedder)();
    const dir = join(home, 'index');
    const engine = openEngine(this.#deps.engine ?? { engine: 'builtin' }, { dir, embedder: this.#embedder });
    this.#index = await openIndex({
      dir,
      embedder: this.#embedder,
      log,
      now: () => clock.now(),
      ...(engine && { engine }),
    });
    const round = () => {
      void this.#reconcile().finally(() => {
        this.#cancel = clock.after(RECONCILE_MS, round);
      });
    };
    round();
    // Behind the start: else the first question of all would wait for the weights.
    void this.#index
      .warmUp()
      .catch((error: Error) => log.debug({ error: error.message }, 'the index did not warm up'));
    await rpc.handle(indexProtocol(network), async (bytes) => {
      const request = decodeCbor(bytes, 'the question');
      if (!Value.Check(shortlistRequestSchema, request))
        throw new ZeroError('DECODE_FAILED', 'not a shortlist request');
      return encode(await this.shortlist(request));
    });
    await rpc.handle(indexBatchProtocol(network), async (bytes) => {
      const batch = decodeCbor(bytes, 'the questions');
      if (!Value.Check(shortlistBatchSchema, batch))
        throw new ZeroError('DECODE_FAILED', 'not a batch of shortlist requests');
      return encode({ answers: await Promise.all(batch.requests.map((request) => this.#outcome(request))) });
    });
  }

  /** Adds what the index lacks or has in an older version, and removes what no card stands for any more or what has expired. */
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
    for (const entry of wanted.values()) {
      const stored = index.cardIdOf(entry.agentId);
      if (stored === entry.cardId || this.#waiting.has(entry.agentId)) continue;
      metrics.count('zerostate_index_reconciled_total', {
        kind: stored === undefined ? 'missing' : 'outdated',
      });
      this.offer(entry);
    }
    // What a failed write left behind goes on too.
    this.#start();
    this.#measure();
    try {
      for (const agentId of gone) {
        await index.remove(agentId);
        metrics.count('zerostate_index_reconciled_total', { kind: 'gone' });
      }
    } catch (error) {
      log.error({ err: error }, 'cards could not be removed from the index');
    }
  }

  /** Queues a card for the index. Never waits. */
  offer(entry: BookEntry): void {
    if (this.#deps.region !== undefined && entry.card.region !== this.#deps.region) return;
    const before = this.#waiting.get(entry.agentId);
    if (before === undefined && this.#waiting.size >= WAITING_MAX) return;
    // A newer version does not make its agent wait anew.
    this.#waiting.set(entry.agentId, { entry, since: before?.since ?? this.#deps.clock.now() });
    this.#start();
  }

  #start(): void {
    if (this.#waiting.size === 0) return;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      this.#measure();
    });
  }

  /** How far the index is behind the cards known: how many wait, and how long the first of them does. */
  #measure(): void {
    const { clock, metrics } = this.#deps;
    const [oldest] = this.#waiting.values();
    metrics.set('zerostate_index_lag_cards', this.#waiting.size);
    metrics.set(
      'zerostate_index_lag_seconds',
      oldest === undefined ? 0 : (clock.now() - oldest.since) / 1_000,
    );
  }

  /** Answers a question. Throws NO_INDEX before start. */
  async shortlist(request: ShortlistRequest): Promise<Shortlist> {
    const { embedder, mode, results, rough } = await this.#opened().query(request);
    return {
      embedder,
      mode,
      ...(rough ? { rough } : {}),
      results: results.map(({ agentId, cardId, score }) => ({
        agentId,
        cardId,
        score: Math.min(1, Math.max(0, score)),
      })),
    };
  }

  async #outcome(request: ShortlistRequest): Promise<ShortlistBatchAnswer['answers'][number]> {
    try {
      return { shortlist: await this.shortlist(request) };
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return { error: { code: error.code, message: error.message.slice(0, MESSAGE_CHARS_MAX) } };
    }
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
      const group = firstOf(this.#waiting.values(), GROUP_MAX);
      try {
        await this.#write(group.map(({ entry }) => entry));
      } catch (error) {
        // The disk does not take it. What is not in the index is found again by the next reconciliation.
        this.#deps.log.error({ err: error }, 'cards could not be indexed');
        return;
      }
      this.#drop(group);
      this.#measure();
    }
  }

  /** Writes cards together; when one is refused, each for itself, so that it holds up no other. */
  async #write(group: readonly BookEntry[]): Promise<void> {
    try {
      await this.#index?.upsertBatch(
        group.map(({ agentId, cardId, card, bytes }) => ({ agentId, cardId, card, envelope: bytes })),
      );
    } catch (error) {
      if (!isZeroError(error) || error.code !== 'INDEX_CARD_REFUSED') throw error;
      if (group.length > 1) for (const entry of group) await this.#write([entry]);
      else this.#deps.log.warn({ agentId: group[0]!.agentId, error: error.message }, 'a card is not indexed');
    }
  }

  /** Takes out what was worked on; a version that came meanwhile stays. */
  #drop(group: readonly { entry: BookEntry }[]): void {
    for (const { entry } of group)
      if (this.#waiting.get(entry.agentId)?.entry === entry) this.#waiting.delete(entry.agentId);
  }
}

function firstOf<T>(values: Iterable<T>, most: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    first.push(value);
    if (first.length === most) break;
  }
  return first;
}
