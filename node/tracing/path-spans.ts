// Spans of a way through relays. It is a trace of its own, named as the stream is, which every relay on it knows anyway: so a relay learns nothing of
// the caller's trace, and cannot tell which streams belong to one piece of work. That is said by a link of the caller's own span, in its own records.

import { context, propagation, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import { isRecording, spanBelow, TRACEPARENT } from './spans.ts';

/** What carries the active span on, where it is recorded. */
function activeTraceparent(): string | undefined {
  if (trace.getActiveSpan()?.isRecording() !== true) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/**
 * Opens a path of one's own. `stream`: its name, 32 hex digits; `spanId`: 16 of them, at random. The work gets the trace context that goes with it,
 * which says that it is recorded only where the caller's span is.
 */
export async function withPathSpan<T>(
  stream: string,
  spanId: string,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  const asker = isRecording() ? trace.getActiveSpan() : undefined;
  if (asker?.isRecording() !== true) return await work(`00-${stream}-${spanId}-00`);
  const origin = { traceId: stream, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  const parent = trace.setSpanContext(ROOT_CONTEXT, origin);
  const named = `00-${stream}-${spanId}-01`;
  return await spanBelow(parent, 'relay.path', () => work(activeTraceparent() ?? named), {
    kind: SpanKind.CLIENT,
    links: [{ context: asker.spanContext() }],
  });
}

/** Hands a stream of others on. The work gets the trace context for the next hop: below this one's span where it is recorded here, else as it came. */
export async function withHopSpan<T>(
  traceparent: string,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  if (!isRecording() || !TRACEPARENT.test(traceparent)) return await work(traceparent);
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
  return await spanBelow(parent, 'relay.forward', () => work(activeTraceparent() ?? traceparent), {
    kind: SpanKind.SERVER,
  });
}
