// Traces of work across nodes (OpenTelemetry). The door of this folder.

export { withHopSpan, withPathSpan } from './path-spans.ts';
export {
  beginHttpSpan,
  endHttpSpan,
  instrument,
  isTraceFrame,
  traceFrame,
  traceIds,
  withServerSpan,
  withSpan,
} from './spans.ts';
export { startTracing, type Tracing, type TracingOptions } from './start.ts';
export type { WorkSpan } from './work-span.ts';
