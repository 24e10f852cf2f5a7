// Spans on their way out: what is written is what OpenTelemetry's own serializer says of them, and what waits is bounded.

import assert from 'node:assert/strict';
import { SpanKind, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { OtlpJson } from '../../../node/tracing/otlp-json.ts';
import { SpanBatch, type SpanSink } from '../../../node/tracing/span-batch.ts';
import { type Recorder, WorkSpan } from '../../../node/tracing/work-span.ts';

const TRACE = 'a1'.repeat(16);
const contextOf = (n: number, isRemote?: true) => ({
  traceId: TRACE,
  spanId: n.toString(16).padStart(16, '0'),
  traceFlags: TraceFlags.SAMPLED,
  ...(isRemote === undefined ? {} : { isRemote }),
});
const ended: WorkSpan[] = [];
const recorder: Recorder = {
  resource: resourceFromAttributes({ 'service.name': 'n "of" many\n', 'service.version': '1' }),
  instrumentationScope: { name: 'n', version: '1' },
  samples: () => true,
  take: (span) => void ended.push(span),
};
const spanOf = (name: string, parent?: ReturnType<typeof contextOf>, links: WorkSpan['links'] = []) =>
  new WorkSpan(recorder, name, SpanKind.CLIENT, contextOf(1), parent, Date.now() - performance.now(), links);

/** What another writer says, without members that have their default. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const isDefault = /^dropped/.test(name) || (Array.isArray(member) && member.length === 0);
      return isDefault ? [] : [[name, withoutDefaults(member)]];
    }),
  );
}

describe('node/tracing: spans on their way out', () => {
  beforeEach(() => {
    ended.length = 0;
  });

  it('are written as OpenTelemetry writes them', () => {
    const [plain, remote, odd] = [
      spanOf('plain'),
      spanOf('/zerostate/a "name"/1', contextOf(2, true)),
      spanOf('odd', contextOf(3), [{ context: contextOf(4) }]),
    ];
    remote.attributes = { 'http.response.status_code': 200, share: 0.5, yes: true, word: '"ä"\u2028' };
    odd.status = { code: 2, message: 'BUSY' };
    for (const span of [plain, remote, odd]) span.end();
    const said: unknown = JSON.parse(new OtlpJson(recorder).text(ended));
    const theirs = JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(ended) ?? []).toString());
    const times = (value: unknown): bigint[] =>
      [...JSON.stringify(value).matchAll(/UnixNano":"(\d+)"/g)].map(([, digits]) => BigInt(digits!));
    const [ours, other] = [times(said), times(theirs)];
    assert.equal(ours.length, 6);
    // A number holds no more than some hundred nanoseconds of today; which are cut off is each writer's affair.
    ours.forEach((time, i) => {
      const apart = time - other[i]!;
      assert.ok(apart < 1_000n && apart > -1_000n, String(apart));
    });
    const without = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(withoutDefaults(value)).replace(/(UnixNano":)"\d+"/g, '$10'));
    assert.deepEqual(without(said), without(theirs));
  });

  it('wait within their bound, leave in batches one after the other, and those that a sink loses hold nothing up', async () => {
    const sizes: number[] = [];
    let go = (): void => {};
    const sink: SpanSink = {
      export: async (spans) => {
        sizes.push(spans.length);
        if (sizes.length === 1)
          await new Promise<void>((resolve) => {
            go = resolve;
          });
        if (sizes.length === 2) throw new Error('lost');
      },
      close: async () => {},
    };
    const batch = new SpanBatch(sink);
    const span = spanOf('many');
    for (let n = 0; n < 512; n++) batch.take(span);
    assert.deepEqual(sizes, [512], 'a full batch leaves at once');
    // The sink does not answer: what comes now waits, and what is too much is dropped.
    for (let n = 0; n < 5_000; n++) batch.take(span);
    assert.deepEqual(sizes, [512]);
    go();
    await batch.flush();
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      512 + 4_096,
    );
    assert.ok(sizes.every((size) => size <= 512));
    batch.take(span);
    await batch.stop();
    batch.take(span);
    await batch.flush();
    assert.deepEqual(sizes.slice(-1), [1]);
  });

  it('end in time before a sink that hangs, which is asked for nothing more, and what is lost is told', async () => {
    const sizes: number[] = [];
    const lost: [number, string | undefined][] = [];
    let isClosed = false;
    let go = (): void => {};
    const sink: SpanSink = {
      export: async (spans) => {
        sizes.push(spans.length);
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      },
      close: async () => {
        isClosed = true;
      },
    };
    const batch = new SpanBatch(sink, {
      stopMsMax: 1,
      lost: (count, error) => void lost.push([count, error?.message]),
    });
    const span = spanOf('many');
    for (let n = 0; n < 512 + 4_096 + 1; n++) batch.take(span);
    assert.deepEqual(lost, [[1, undefined]], 'no room');
    await batch.stop();
    assert.deepEqual(lost.slice(1), [[4_096, 'timed out']]);
    go();
    await batch.flush();
    assert.deepEqual(sizes, [512]);
    assert.equal(isClosed, true);
  });

  it('that a sink does not take are told with why', async () => {
    const lost: [number, string | undefined][] = [];
    const sink: SpanSink = {
      export: async () => {
        throw new Error('refused');
      },
      close: async () => {
        throw new Error('not even that');
      },
    };
    const batch = new SpanBatch(sink, { lost: (count, error) => void lost.push([count, error?.message]) });
    batch.take(spanOf('one'));
    await batch.flush();
    assert.deepEqual(lost, [[1, 'refused']]);
    await batch.stop();
    assert.equal(lost.length, 1);
  });
});
