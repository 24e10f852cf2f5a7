// Spans as OTLP JSON, one export a text. Written member by member: a general serializer makes a tree of objects for each span first, which took
// longer than all else that a recorded span costs. Members that have their default are left out, as the form allows.

import type { Attributes } from '@opentelemetry/api';
import type { Recorder, WorkSpan } from './work-span.ts';

/** Bits of a span's flags beside those of its trace (OTLP): whether its parent is of another process is said, and it is. */
const IS_REMOTE_SAID = 0x1_00;
const IS_REMOTE = 0x2_00;
/** Digits that a millisecond has in nanoseconds. */
const NANO_DIGITS = 6;

/** Writes spans of one recorder. */
export class OtlpJson {
  readonly #head: string;

  constructor({
    instrumentationScope: { name, version = '' },
    resource,
  }: Omit<Recorder, 'samples' | 'take'>) {
    const of = `{"attributes":${attributesText(resource.attributes as Attributes)}}`;
    this.#head = `{"resource":${of},"scopeSpans":[{"scope":${JSON.stringify({ name, version })},"spans":[`;
  }

  /** One ExportTraceServiceRequest. */
  text(spans: readonly WorkSpan[]): string {
    if (spans.length === 0) return '{"resourceSpans":[]}';
    let text = `{"resourceSpans":[${this.#head}${spanText(spans[0] as WorkSpan)}`;
    for (let at = 1; at < spans.length; at++) text += `,${spanText(spans[at] as WorkSpan)}`;
    return `${text}]}]}]}`;
  }
}

function spanText(span: WorkSpan): string {
  const { attributes, context, endedMs, kind, links, name, parent, startedMs, status, toWallMs } = span;
  let text = `{"traceId":"${context.traceId}","spanId":"${context.spanId}"`;
  let flags = context.traceFlags | IS_REMOTE_SAID;
  if (parent !== undefined) {
    text += `,"parentSpanId":"${parent.spanId}"`;
    if (parent.isRemote === true) flags |= IS_REMOTE;
  }
  // Kinds are counted from one there: none is unset.
  text += `,"name":${JSON.stringify(name)},"kind":${kind + 1},"startTimeUnixNano":"${nanos(startedMs + toWallMs)}","endTimeUnixNano":"${nanos(endedMs + toWallMs)}"`;
  for (const _ in attributes) {
    text += `,"attributes":${attributesText(attributes)}`;
    break;
  }
  if (status.code === 0) text += ',"status":{"code":0}';
  else text += `,"status":${JSON.stringify(status)}`;
  if (links.length > 0) text += `,"links":[${links.map(({ context: to }) => linkText(to)).join()}]`;
  return `${text},"flags":${flags}}`;
}

function linkText({ spanId, traceFlags, traceId }: WorkSpan['context']): string {
  return `{"traceId":"${traceId}","spanId":"${spanId}","flags":${traceFlags | IS_REMOTE_SAID}}`;
}

/** Milliseconds of the wall clock as whole nanoseconds: more digits than a number has. */
function nanos(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.floor((ms - whole) * 1e6)).padStart(NANO_DIGITS, '0')}`;
}

function attributesText(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })));
}

function anyValue(value: unknown): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  return { stringValue: String(value) };
}
