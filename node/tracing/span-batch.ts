// Spans that have ended wait here until they are exported, many at once. What is taken costs a place in a list: it is taken while work goes on.

import { inTime } from './in-time.ts';
import type { WorkSpan } from './work-span.ts';

/** Spans that wait to be exported; more are dropped, as the collector is too slow for them. */
const QUEUE_MAX = 4_096;
/** Spans of one export. */
const BATCH_MAX = 512;
/** Milliseconds between two exports, while fewer wait than one takes. */
const EXPORT_MS = 1_000;
/** Longest time that the end waits for a sink: spans are no reason for a supervisor to kill a node that would have stopped in order. */
const STOP_MS_MAX = 5_000;

/** Where spans go. */
export interface SpanSink {
  /** Puts spans there, and knows how long it may take. A rejection loses them. */
  export(spans: readonly WorkSpan[]): Promise<void>;
  /** Ends it, once nothing is exported any more. */
  close(): Promise<void>;
}

/** How one goes. */
export interface SpanBatchOptions {
  /** Hears of spans that nobody will see: those that found no room, and those that the sink did not take, with why. */
  readonly lost?: (count: number, error?: Error) => void;
  /** Milliseconds that the end may take. */
  readonly stopMsMax?: number;
}

/** The way to one sink: one export at a time. */
export class SpanBatch {
  readonly #sink: SpanSink;
  readonly #lost: (count: number, error?: Error) => void;
  readonly #stopMsMax: number;
  #waiting: WorkSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #exporting: Promise<void> | undefined;
  #isOver = false;

  constructor(sink: SpanSink, { lost = () => undefined, stopMsMax = STOP_MS_MAX }: SpanBatchOptions = {}) {
    this.#sink = sink;
    this.#lost = lost;
    this.#stopMsMax = stopMsMax;
  }

  /** Takes a span, or drops it where too many wait. */
  take(span: WorkSpan): void {
    if (this.#waiting.length >= QUEUE_MAX || this.#isOver) {
      this.#lost(1);
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length === BATCH_MAX) void this.#drain();
    else this.#timer ??= setTimeout(() => void this.#drain(), EXPORT_MS).unref();
  }

  /** Exports what waits; what comes meanwhile waits for the next time. Never throws. */
  async flush(): Promise<void> {
    if (this.#exporting !== undefined) await this.#exporting;
    if (this.#waiting.length > 0) await this.#drain();
  }

  /** Exports what waits, as far as the time for it goes, and ends. Never throws. */
  async stop(): Promise<void> {
    this.#isOver = true;
    const ended = this.flush().finally(() => this.#sink.close());
    await inTime(ended, this.#stopMsMax).catch((error: Error) => {
      // What is under way ends by itself, and nothing more is begun after it.
      if (this.#waiting.length > 0) this.#lost(this.#waiting.length, error);
      this.#waiting = [];
    });
    clearTimeout(this.#timer);
  }

  #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#exporting ??= this.#export(this.#waiting.length).finally(() => {
      this.#exporting = undefined;
      if (this.#waiting.length >= BATCH_MAX) void this.#drain();
      else if (this.#waiting.length > 0)
        this.#timer ??= setTimeout(() => void this.#drain(), EXPORT_MS).unref();
    });
    return this.#exporting;
  }

  async #export(count: number): Promise<void> {
    for (let left = count; left > 0 && this.#waiting.length > 0; left -= BATCH_MAX) {
      const spans = this.#waiting.splice(0, Math.min(left, BATCH_MAX));
      await this.#sink.export(spans).catch((error: Error) => this.#lost(spans.length, error));
    }
  }
}
