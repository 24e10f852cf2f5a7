// Spans around work: where no tracing was started they cost a function call, where a trace is not recorded a look at what is active. The kinds,
// contexts and exporters are OpenTelemetry's; its tracer is not, as its spans take two to three times as long. Nothing that people wrote
// (words of a question, content of a task) may be put into an attribute.

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import { type Link, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type Recorder, WorkSpan } from './work-span.ts';

/** What work is done in: a span that is recorded, or the ids of a trace that is not, or that another node records. */
type Active = WorkSpan | SpanContext;

/** How a span is made. */
export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly links?: Link[];
}

const active = new AsyncLocalStorage<Active>();
const NO_LINKS: Link[] = [];

/** What records spans in this process. Where nothing does, nothing below costs more than this look. */
let recorder: Recorder | undefined;
let paused: Recorder | undefined;

/** Told by whoever starts and stops tracing. */
export function setRecorder(to: Recorder | undefined): void {
  recorder = to;
  paused = undefined;
}

/** Stops the recording for a time, or goes on with it. For comparisons. */
export function setRecording(on: boolean): void {
  if (on) recorder ??= paused;
  else {
    paused ??= recorder;
    recorder = undefined;
  }
}

/** Whether spans are recorded in this process at all. */
export function isRecording(): boolean {
  return recorder !== undefined;
}

/** The span that work is done in, where it is recorded. */
export function activeSpan(): WorkSpan | undefined {
  const found = active.getStore();
  return found instanceof WorkSpan ? found : undefined;
}

/** Runs work in a span of its own, below the one that is active. The span ends with the work; an error gives it the error's code. */
export async function withSpan<T>(
  name: string,
  work: () => Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  if (recorder === undefined) return await work();
  return await spanBelow(active.getStore(), name, work, options);
}

/** The same below something else: a span here, the context of one elsewhere, or nothing, which begins a trace. */
export function spanBelow<T>(
  parent: Active | undefined,
  name: string,
  work: () => Promise<T>,
  options: SpanOptions,
): Promise<T> {
  const begun = begin(parent, name, options);
  if (!(begun instanceof WorkSpan))
    return begun === parent && parent === active.getStore() ? work() : active.run(begun, work);
  return active.run(begun, untilOver, begun, work);
}

async function untilOver<T>(span: WorkSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.status = { code: SpanStatusCode.ERROR, message: isZeroError(error) ? error.code : 'INTERNAL' };
    throw error;
  } finally {
    span.end();
  }
}

/** A new span where the trace is recorded, else the ids of the trace that is not: below such there is nothing to make. */
function begin(parent: Active | undefined, name: string, options: SpanOptions): Active {
  const to = recorder;
  const above = parent instanceof WorkSpan ? parent.context : parent;
  if (above !== undefined && (above.traceFlags & TraceFlags.SAMPLED) === 0) return above;
  const traceId = above?.traceId ?? randomHex(16);
  const isSampled = to !== undefined && (above !== undefined || to.samples(traceId));
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  const context: SpanContext = { traceId, spanId: randomHex(8), traceFlags };
  if (!isSampled) return context;
  const { kind = SpanKind.INTERNAL, links = NO_LINKS } = options;
  const toWallMs = parent instanceof WorkSpan ? parent.toWallMs : Date.now() - performance.now();
  return new WorkSpan(to, name, kind, context, above, toWallMs, links);
}

/** Random bytes for ids, drawn and written as digits many at a time. Few enough: an id keeps the digits it was cut from. */
const POOL = Buffer.alloc(512);
let digits = '';
let used = 0;

function randomHex(bytes: number): string {
  const end = used + bytes * 2;
  if (end > digits.length) {
    digits = randomFillSync(POOL).toString('hex');
    used = 0;
    return randomHex(bytes);
  }
  const id = digits.slice(used, end);
  used = end;
  return id;
}

/** Puts a span around each call of the named methods of one object. Each must answer a promise. */
export function instrument<T extends object>(target: T, names: { readonly [M in keyof T]?: string }): void {
  for (const [method, name] of Object.entries(names) as [keyof T, string][]) {
    const plain = target[method] as (...args: unknown[]) => Promise<unknown>;
    Object.defineProperty(target, method, {
      configurable: true,
      value: (...args: unknown[]) =>
        recorder === undefined
          ? plain.apply(target, args)
          : spanBelow(active.getStore(), name, () => plain.apply(target, args), NO_OPTIONS),
    });
  }
}
const NO_OPTIONS: SpanOptions = {};
const AS_SERVER: SpanOptions = { kind: SpanKind.SERVER };

/** Before a request that belongs to a sampled trace comes this frame. No request of ours begins with a zero byte. */
const MAGIC = Buffer.from('\0tp', 'latin1');
/** "00-" + 32 hex + "-" + 16 hex + "-" + 2 hex (W3C Trace Context). */
const TRACEPARENT_CHARS = 55;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A span in the form of W3C Trace Context. */
export function traceparentOf({ context }: WorkSpan): string {
  return `00-${context.traceId}-${context.spanId}-01`;
}

/** The frame that carries the active trace to a peer; undefined when it is not sampled. */
export function traceFrame(): Uint8Array | undefined {
  if (recorder === undefined) return undefined;
  const span = activeSpan();
  return span === undefined ? undefined : Buffer.from(`\0tp${traceparentOf(span)}`, 'latin1');
}

/** True when a frame is one that carries a trace: the request follows it. */
export function isTraceFrame(frame: Uint8Array): boolean {
  return (
    frame.length > MAGIC.length && frame[0] === MAGIC[0] && frame[1] === MAGIC[1] && frame[2] === MAGIC[2]
  );
}

/** What a frame names as the parent of a span; undefined where it names nothing that can be one. */
function contextOfFrame(frame: Uint8Array): SpanContext | undefined {
  // No copy: a buffer of bytes that are an array to it is filled one by one.
  if (frame.length !== MAGIC.length + TRACEPARENT_CHARS) return undefined;
  return contextOf(
    Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString('latin1', MAGIC.length),
  );
}

/** Answers work for a peer in a span of its own: below the span that the peer named, where it named one that can be one. */
export async function withServerSpan<T>(
  name: string,
  frame: Uint8Array | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (recorder === undefined) return await work();
  const named = frame === undefined ? undefined : contextOfFrame(frame);
  return await spanBelow(named ?? active.getStore(), name, work, AS_SERVER);
}

/** What a traceparent names as the parent of a span; undefined where it names nothing that can be one. */
export function contextOf(traceparent: string): SpanContext | undefined {
  if (!TRACEPARENT.test(traceparent)) return undefined;
  const [traceId, spanId] = [traceparent.slice(3, 35), traceparent.slice(36, 52)];
  const traceFlags = Number.parseInt(traceparent.slice(53), 16) & TraceFlags.SAMPLED;
  return { traceId, spanId, traceFlags, isRemote: true };
}

/**
 * Begins the span of an HTTP request, below what its traceparent header names, and goes on inside it. Whoever answers ends it with {@link endHttpSpan};
 * undefined where nothing is recorded.
 */
export function beginHttpSpan(name: string, traceparent: unknown, goOn: () => void): WorkSpan | undefined {
  if (recorder === undefined) {
    goOn();
    return undefined;
  }
  const parent = typeof traceparent === 'string' ? contextOf(traceparent) : undefined;
  const begun = begin(parent ?? active.getStore(), name, { kind: SpanKind.SERVER });
  active.run(begun, goOn);
  return begun instanceof WorkSpan ? begun : undefined;
}

/** Ends it with the status that was answered. */
export function endHttpSpan(span: WorkSpan, status: number): void {
  span.attributes = { 'http.response.status_code': status };
  if (status >= 500) span.status = { code: SpanStatusCode.ERROR };
  span.end();
}

/** Ids for a line of the log; empty outside a span. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  if (recorder === undefined) return {};
  const found = active.getStore();
  const span = found instanceof WorkSpan ? found.context : found;
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
