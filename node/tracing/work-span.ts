// One piece of work as it is recorded. One is made for every step of every recorded task, and at long intervals for a processor, so that what it costs
// is the code that it runs through: it notes two times and a few words. What an exporter reads of it is made when it is exported.

import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Where spans go that have ended, and what stands on each. */
export interface Recorder extends Pick<ReadableSpan, 'resource' | 'instrumentationScope'> {
  /** Whether a trace that begins here is recorded. */
  samples(traceId: string): boolean;
  /** Takes a span that has ended. Must not throw. */
  take(span: WorkSpan): void;
}

const NO_EVENTS: ReadableSpan['events'] = [];
const NO_ATTRIBUTES: Attributes = {};
const UNSET: SpanStatus = { code: 0 };

/** A span that is recorded; what it answers as a ReadableSpan is for exporters. */
export class WorkSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  /** What it is below; undefined for the first of a trace. */
  readonly parent: SpanContext | undefined;
  readonly links: Link[];
  /** Milliseconds from the steady clock to the wall clock: one figure for all spans of a piece of work on this node. */
  readonly toWallMs: number;
  readonly startedMs: number = performance.now();
  endedMs: number = Number.NaN;
  attributes: Attributes = NO_ATTRIBUTES;
  status: SpanStatus = UNSET;
  readonly #recorder: Recorder;

  constructor(
    recorder: Recorder,
    name: string,
    kind: SpanKind,
    context: SpanContext,
    parent: SpanContext | undefined,
    toWallMs: number,
    links: Link[],
  ) {
    this.#recorder = recorder;
    this.name = name;
    this.kind = kind;
    this.context = context;
    this.parent = parent;
    this.toWallMs = toWallMs;
    this.links = links;
  }

  get events(): ReadableSpan['events'] {
    return NO_EVENTS;
  }
  get droppedAttributesCount(): number {
    return 0;
  }
  get droppedEventsCount(): number {
    return 0;
  }
  get droppedLinksCount(): number {
    return 0;
  }
  get resource(): ReadableSpan['resource'] {
    return this.#recorder.resource;
  }
  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#recorder.instrumentationScope;
  }
  get startTime(): HrTime {
    return hrTime(this.startedMs + this.toWallMs);
  }
  get endTime(): HrTime {
    return hrTime(this.endedMs + this.toWallMs);
  }
  get duration(): HrTime {
    return hrTime(this.endedMs - this.startedMs);
  }
  get ended(): boolean {
    return !Number.isNaN(this.endedMs);
  }
  /** None for the first of a trace: an exporter asks whether the member is there. */
  get parentSpanContext(): SpanContext {
    return this.parent as SpanContext;
  }

  spanContext(): SpanContext {
    return this.context;
  }

  /** Ends it and hands it over, once. */
  end(): void {
    if (this.ended) return;
    this.endedMs = performance.now();
    this.#recorder.take(this);
  }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.floor((ms - seconds * 1_000) * 1e6)];
}
