// Keeps a vector engine equal to the cards of the log: sends what changed, and after an outage compares the two, sends again what
// the engine missed and deletes what it has too much. Never decides what is true: that is the log's.

import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { BackendEngine, BackendPoint, IndexBackend } from '../backend/interface.ts';
import type { BackendStats, IndexLogger } from '../interface.ts';
import {
  BACKEND_CLOSE_MS_MAX,
  BACKEND_COMPARE_MS,
  BACKEND_COMPARE_MS_MIN,
  BACKEND_GROUP,
  BACKEND_RETRY_MS_MAX,
  BACKEND_RETRY_MS_MIN,
  SLOTS_MAX,
} from '../limits.ts';

/** What should be in the engine. */
export interface SyncSource {
  agentIds(): Iterable<string>;
  /** Of the card that should be there, or undefined when none should. */
  holding(agentId: string): { readonly cardId: string; readonly reputation: number } | undefined;
  /** Null when the card is gone, or can no longer be read. */
  point(agentId: string): Promise<BackendPoint | null>;
}

/** These do not mend themselves: an index does not open with them. */
const LASTING = ['INDEX_BACKEND_UNAVAILABLE', 'EMBEDDER_MISMATCH', 'UNAUTHORIZED', 'USAGE', 'CONFIG_INVALID'];
/** Reputations travel as decimal text or 32-bit floats. */
const REPUTATION_EXACT = 1e-6;

export class BackendSync {
  readonly #engine: BackendEngine;
  readonly #source: SyncSource;
  readonly #log: IndexLogger | undefined;
  readonly #waiting = new Set<string>();
  readonly #sending = new Set<string>();
  /** Card ids that the engine does not take, by agent. */
  readonly #refused = new Map<string, string>();
  #backend: IndexBackend | null = null;
  #failure: ZeroError | null = null;
  #compareDue = true;
  #comparedAt = 0;
  #retryMs = BACKEND_RETRY_MS_MIN;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | null = null;
  #step = Promise.withResolvers<void>();
  #closed = false;

  constructor(engine: BackendEngine, source: SyncSource, log: IndexLogger | undefined) {
    this.#engine = engine;
    this.#source = source;
    this.#log = log;
  }

  /** Connects for the first time. Throws only what would not mend itself; an engine that is away is tried again. */
  async start(): Promise<void> {
    try {
      this.#backend = await this.#engine.open();
    } catch (error) {
      if (isZeroError(error) && LASTING.includes(error.code)) throw error;
      this.#failed(error);
      return;
    }
    this.#run();
  }

  /** The engine, to ask it. Throws INDEX_BACKEND_DOWN. */
  open(): IndexBackend {
    if (this.#failure !== null || this.#backend === null)
      throw this.#failure ?? down(this.#engine.name, 'it is not connected yet');
    return this.#backend;
  }

  /** True while the engine may lack cards. */
  get behind(): boolean {
    return this.#compareDue || this.#waiting.size > 0 || this.#sending.size > 0 || this.#refused.size > 0;
  }

  /** True when the last change of an agent is still on its way. */
  underWay(agentId: string): boolean {
    return this.#waiting.has(agentId) || this.#sending.has(agentId);
  }

  stats(): BackendStats {
    const failure = this.#failure?.message ?? '';
    const state = failure === '' && this.#backend !== null ? 'up' : 'down';
    const waiting = this.#waiting.size + this.#sending.size;
    return { name: this.#engine.name, state, waiting, refused: this.#refused.size, failure };
  }

  /** Sends the changes of these agents. Resolves when they can be found, or at once while the engine is away: it gets them later. */
  async changed(agentIds: readonly string[]): Promise<void> {
    for (const agentId of agentIds) {
      this.#waiting.add(agentId);
      this.#refused.delete(agentId);
    }
    this.#run();
    while (this.#failure === null && !this.#closed && agentIds.some((id) => this.underWay(id)))
      await this.#step.promise;
  }

  /** An answer named a card that should not be there. */
  suspect(): void {
    if (Date.now() - this.#comparedAt < BACKEND_COMPARE_MS_MIN) return;
    this.#compareDue = true;
    this.#run();
  }

  /** The engine failed at something: everything is compared before it is trusted again. Returns what to throw. */
  failed(error: unknown): ZeroError {
    // It is there and busy, or the question was wrong.
    if (isZeroError(error) && ['INDEX_OVERLOADED', 'INDEX_QUERY_INVALID'].includes(error.code)) return error;
    return this.#failed(error);
  }

  /** Resolves when nothing is under way, or the engine is away. */
  async settled(): Promise<void> {
    while (this.#work !== null) await this.#work;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#stepped();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cut = setTimeout(resolve, BACKEND_CLOSE_MS_MAX);
    const end = async () => {
      await this.#work;
      await this.#backend?.close();
    };
    await Promise.race([end().catch(() => {}), promise]);
    clearTimeout(cut);
  }

  #failed(error: unknown): ZeroError {
    const first = this.#failure === null;
    const failure = down(this.#engine.name, (error as Error).message, error);
    this.#failure = failure;
    this.#compareDue = true;
    if (first) this.#log?.warn({ err: failure.message }, 'the vector engine is away');
    this.#again(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, BACKEND_RETRY_MS_MAX);
    this.#stepped();
    return failure;
  }

  #again(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#run(true), ms);
    this.#timer.unref();
  }

  /** Starts a round unless one runs; while the engine is away only the timer does. */
  #run(retry = false): void {
    if (this.#closed || this.#work !== null || (this.#failure !== null && !retry)) return;
    this.#work = this.#round()
      .catch((error: unknown) => {
        if (isZeroError(error) && error.code === 'INDEX_OVERLOADED') this.#again(BACKEND_RETRY_MS_MIN);
        else this.#failed(error);
      })
      .finally(() => {
        this.#work = null;
        this.#stepped();
        // What came after the last look at the list.
        if (this.#failure === null && this.#sending.size === 0 && this.#waiting.size > 0) this.#again(0);
      });
  }

  async #round(): Promise<void> {
    this.#backend ??= await this.#engine.open();
    const backend = this.#backend;
    while (!this.#closed && (this.#compareDue || this.#waiting.size > 0)) {
      if (this.#compareDue) await this.#compare(backend);
      await this.#send(backend);
      this.#stepped();
    }
    if (this.#failure !== null) this.#log?.info({ engine: backend.name }, 'the vector engine is back');
    this.#failure = null;
    this.#retryMs = BACKEND_RETRY_MS_MIN;
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#compareDue = true;
      this.#run();
    }, BACKEND_COMPARE_MS);
    this.#timer.unref();
  }

  async #compare(backend: IndexBackend): Promise<void> {
    this.#comparedAt = Date.now();
    this.#compareDue = false;
    const seen = new Set<string>();
    try {
      for await (const part of backend.list()) {
        for (const { id, cardId, reputation } of part) {
          if (seen.add(id).size > SLOTS_MAX)
            throw new ZeroError('LIMIT_EXCEEDED', `${backend.name} lists more than ${SLOTS_MAX} cards`);
          const own = this.#source.holding(id);
          const same = own?.cardId === cardId && Math.abs(own.reputation - reputation) <= REPUTATION_EXACT;
          if (!same) this.#lacks(id, own?.cardId);
        }
      }
      for (const id of this.#source.agentIds())
        if (!seen.has(id)) this.#lacks(id, this.#source.holding(id)?.cardId);
    } catch (error) {
      this.#compareDue = true;
      throw error;
    }
    if (this.#waiting.size > 0)
      this.#log?.info({ cards: this.#waiting.size }, 'the vector engine is brought up to date');
  }

  #lacks(id: string, cardId: string | undefined): void {
    if (cardId === undefined || this.#refused.get(id) !== cardId) this.#waiting.add(id);
  }

  /** Sends one group. What fails waits again. */
  async #send(backend: IndexBackend): Promise<void> {
    const group = firstOf(this.#waiting, BACKEND_GROUP);
    for (const id of group) {
      this.#waiting.delete(id);
      this.#sending.add(id);
    }
    try {
      const points = await Promise.all(group.map((id) => this.#source.point(id)));
      const gone = group.filter((id, i) => points[i] === null && this.#source.holding(id) === undefined);
      if (gone.length > 0) await backend.remove(gone);
      await this.#put(
        backend,
        points.filter((point) => point !== null),
      );
    } catch (error) {
      for (const id of group) this.#waiting.add(id);
      throw error;
    } finally {
      this.#sending.clear();
    }
  }

  /** Sends points together; when one can never be taken, each for itself, so that it holds up no other. */
  async #put(backend: IndexBackend, points: readonly BackendPoint[]): Promise<void> {
    if (points.length === 0) return;
    try {
      await backend.upsert(points);
    } catch (error) {
      if (!isZeroError(error) || error.code !== 'INDEX_CARD_REFUSED') throw error;
      if (points.length > 1) {
        for (const point of points) await this.#put(backend, [point]);
        return;
      }
      const { id, cardId } = points[0]!;
      this.#refused.set(id, cardId);
      this.#log?.warn({ agentId: id, err: error.message }, 'the vector engine does not take a card');
    }
  }

  #stepped(): void {
    this.#step.resolve();
    this.#step = Promise.withResolvers<void>();
  }
}

function firstOf(values: Iterable<string>, most: number): string[] {
  const first: string[] = [];
  for (const value of values) {
    if (first.length === most) break;
    first.push(value);
  }
  return first;
}

function down(name: string, why: string, cause?: unknown): ZeroError {
  return new ZeroError('INDEX_BACKEND_DOWN', `the vector engine ${name} does not answer: ${why}`, { cause });
}
