// One worker thread as an object: requests by id, answers as promises, started at first use.

import { Worker } from 'node:worker_threads';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { SearchReply, SearchRequest, SearchWorkerData } from './search-worker.ts';

/** Requests that may wait for one thread. */
const WAITING_MAX = 1_024;

/** A request without its id: the thread gives it one. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

export class SearchThread {
  readonly #data: SearchWorkerData;
  readonly #waiting = new Map<
    number,
    { resolve: (reply: SearchReply) => void; reject: (error: Error) => void }
  >();
  #worker: Worker | null = null;
  #id = 0;
  #closing = false;

  constructor(data: SearchWorkerData) {
    this.#data = data;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Throws INDEX_OVERLOADED when too many wait. */
  ask(request: Unnumbered<SearchRequest>): Promise<SearchReply> {
    if (this.#closing) return Promise.reject(new ZeroError('INDEX_CLOSED', 'the search threads are closed'));
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new ZeroError('INDEX_OVERLOADED', `${WAITING_MAX} searches wait`));
    }
    const worker = this.#started();
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // While somebody waits the thread keeps the process alive; idle it does not.
      worker.ref();
      worker.postMessage({ ...request, id } as SearchRequest);
    });
  }

  async close(): Promise<void> {
    // An idle thread does not keep the process alive; its end must, or nobody would see it.
    this.#closing = true;
    this.#worker?.ref();
    await this.#worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const script = import.meta.url.endsWith('.ts') ? './search-worker.ts' : './search-worker.js';
    const worker = new Worker(new URL(script, import.meta.url), {
      workerData: this.#data,
      name: `search ${this.#data.thread}`,
    });
    worker.unref();
    worker.on('message', (reply: SearchReply) => this.#settle(reply));
    worker.on('error', (cause) =>
      this.#failAll(new ZeroError('INDEX_OVERLOADED', 'a search thread failed', { cause })),
    );
    worker.on('exit', () => {
      this.#worker = null;
      this.#failAll(new ZeroError('INDEX_CLOSED', 'a search thread ended'));
    });
    this.#worker = worker;
    return worker;
  }

  #settle(reply: SearchReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0 && !this.#closing) this.#worker?.unref();
    if (reply.kind === 'failed')
      waiting?.reject(new ZeroError('INDEX_OVERLOADED', `a search failed: ${reply.message}`));
    else waiting?.resolve(reply);
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
