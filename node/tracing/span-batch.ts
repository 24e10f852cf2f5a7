// Spans that have ended wait here until they are exported, many at once. What is taken costs a place in a list: it is taken while work goes on.

import type { WorkSpan } from './work-span.ts';

/** Spans that wait to be exported; more are dropped, as the collector is too slow for them. */
const QUEUE_MAX = 4_096;
/** Spans of one export. */
const BATCH_MAX = 512;
/** Milliseconds between two exports, while fewer wait than one takes. */
const EXPORT_MS = 1_000;

/** Where spans go. */
export interface SpanSink {
  /** Puts spans there, and knows how long it may take. A rejection loses them. */
  export(spans: readonly WorkSpan[]): Promise<void>;
  /** Ends it, once nothing is exported any more. */
  close(): Promise<void>;
}

/** The way to one sink: one export at a time. */
export class SpanBatch {
  readonly #sink: SpanSink;
  #waiting: WorkSpan[] = [];
  #timer: NodeJS.Timeout | undefined;
  #exporting: Promise<void> | undefined;
  #isOver = false;

  constructor(sink: SpanSink) {
    this.#sink = sink;
  }

  /** Takes a span, or drops it where too many wait. */
  take(span: WorkSpan): void {
    if (this.#waiting.length >= QUEUE_MAX || this.#isOver) return;
    this.#waiting.push(span);
    if (this.#waiting.length === BATCH_MAX) void this.#drain();
    else this.#timer ??= setTimeout(() => void this.#drain(), EXPORT_MS).unref();
  }

  /** Exports what waits; what comes meanwhile waits for the next time. Never throws. */
  async flush(): Promise<void> {
    if (this.#exporting !== undefined) await this.#exporting;
    if (this.#waiting.length > 0) await this.#drain();
  }

  /** Exports what waits, and ends. Never throws. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.flush();
    clearTimeout(this.#timer);
    await this.#sink.close().catch(() => undefined);
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
    for (let left = count; left > 0; left -= BATCH_MAX)
      await this.#sink.export(this.#waiting.splice(0, Math.min(left, BATCH_MAX))).catch(() => undefined);
  }
}
