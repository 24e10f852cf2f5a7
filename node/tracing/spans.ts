// Spans around work, by the OpenTelemetry API: where no tracing was started they cost a function call. Nothing that people wrote (words of a
// question, content of a task) may be put into an attribute.

import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { isZeroError } from '../../protocol/errors/index.ts';
import { VERSION } from '../version.ts';

const NO_SPAN: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Whether anything records spans in this process. Where nothing does, nothing below costs more than this look. */
let isOn = false;
/** Looked up once for each start: the API makes a new name for every look. */
let tracer: Tracer = trace.getTracer('zerostate', VERSION);

/** Told by whoever starts and stops the SDK. */
export function setRecording(on: boolean): void {
  isOn = on;
  tracer = trace.getTracer('zerostate', VERSION);
}

/** Whether spans are recorded in this process at all. */
export function isRecording(): boolean {
  return isOn;
}

/** Runs work in a span of its own, below the one that is active. The span ends with the work; an error gives it the error's code. */
export async function withSpan<T>(
  name: string,
  work: () => Promise<T>,
  options: { kind?: SpanKind; attributes?: Attributes } = {},
): Promise<T> {
  if (!isOn) return await work();
  return await spanBelow(context.active(), name, work, options);
}

/** The same below a span of another context. */
export async function spanBelow<T>(
  parent: Context,
  name: string,
  work: () => Promise<T>,
  options: SpanOptions,
): Promise<T> {
  return await tracer.startActiveSpan(name, options, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: isZeroError(error) ? error.code : 'INTERNAL' });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Puts a span around each call of the named methods of one object. Each must answer a promise. */
export function instrument<T extends object>(target: T, names: { readonly [M in keyof T]?: string }): void {
  for (const [method, name] of Object.entries(names) as [keyof T, string][]) {
    const plain = target[method] as (...args: unknown[]) => Promise<unknown>;
    Object.defineProperty(target, method, {
      configurable: true,
      value: (...args: unknown[]) =>
        isOn ? withSpan(name, () => plain.apply(target, args)) : plain.apply(target, args),
    });
  }
}

/** Before a request that belongs to a sampled trace comes this frame. No request of ours begins with a zero byte. */
const MAGIC = Buffer.from('\0tp', 'latin1');
/** "00-" + 32 hex + "-" + 16 hex + "-" + 2 hex (W3C Trace Context). */
export const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The frame that carries the active trace to a peer; undefined when it is not sampled. */
export function traceFrame(): Uint8Array | undefined {
  if (!isOn) return undefined;
  const span = trace.getActiveSpan();
  if (span === undefined || !span.isRecording()) return undefined;
  // As the propagator of the W3C would write it, without its detours: every request that is recorded comes through here.
  const { spanId, traceFlags, traceId } = span.spanContext();
  return Buffer.from(`\0tp00-${traceId}-${spanId}-0${(traceFlags & 1).toString()}`, 'latin1');
}

/** True when a frame is one that carries a trace: the request follows it. */
export function isTraceFrame(frame: Uint8Array): boolean {
  return frame.length > MAGIC.length && MAGIC.equals(frame.subarray(0, MAGIC.length));
}

/** Answers work for a peer in a span of its own: below the span that the peer named, where it named one that can be one. */
export async function withServerSpan<T>(
  name: string,
  frame: Uint8Array | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!isOn) return await work();
  const named = frame === undefined ? '' : Buffer.from(frame).toString('latin1').slice(MAGIC.length);
  return await spanBelow(parentOf(named), name, work, { kind: SpanKind.SERVER });
}

/** What a traceparent names as the parent of a span; what is active where it names nothing that can be one. */
function parentOf(traceparent: string): Context {
  if (!TRACEPARENT.test(traceparent)) return context.active();
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags, isRemote: true });
}

/** Begins the span of an HTTP request, below what its traceparent header names, and goes on inside it. Whoever answers ends it with {@link endHttpSpan}. */
export function beginHttpSpan(name: string, traceparent: unknown, goOn: () => void): Span {
  if (!isOn) {
    goOn();
    return NO_SPAN;
  }
  const parent = parentOf(typeof traceparent === 'string' ? traceparent : '');
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
  context.with(trace.setSpan(parent, span), goOn);
  return span;
}

/** Ends it with the status that was answered. */
export function endHttpSpan(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

/** Ids for a line of the log; empty outside a span. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  if (!isOn) return {};
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}
