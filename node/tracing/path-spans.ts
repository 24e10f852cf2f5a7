// Spans of a way through relays. It is a trace of its own, named as the stream is, which every relay on it knows anyway: so a relay learns nothing of
// the caller's trace, and cannot tell which streams belong to one piece of work. That is said by a link of the caller's own span, in its own records.

import { SpanKind, TraceFlags } from '@opentelemetry/api';
import { activeSpan, contextOf, isRecording, spanBelow, traceparentOf } from './spans.ts';

/** What carries the active span on; what is given where nothing is recorded. */
function activeOr(traceparent: string): string {
  const span = activeSpan();
  return span === undefined ? traceparent : traceparentOf(span);
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
  const asker = isRecording() ? activeSpan() : undefined;
  if (asker === undefined) return await work(`00-${stream}-${spanId}-00`);
  const origin = { traceId: stream, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return await spanBelow(origin, 'relay.path', () => work(activeOr(`00-${stream}-${spanId}-01`)), {
    kind: SpanKind.CLIENT,
    links: [{ context: asker.context }],
  });
}

/** Hands a stream of others on. The work gets the trace context for the next hop: below this one's span where it is recorded here, else as it came. */
export async function withHopSpan<T>(
  traceparent: string,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  const parent = isRecording() ? contextOf(traceparent) : undefined;
  if (parent === undefined) return await work(traceparent);
  return await spanBelow(parent, 'relay.forward', () => work(activeOr(traceparent)), {
    kind: SpanKind.SERVER,
  });
}
