// Spans of a way through relays: what travels, what is recorded, and what nobody on the way learns.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startTracing,
  traceFrame,
  traceIds,
  withHopSpan,
  withPathSpan,
  withServerSpan,
  withSpan,
} from '../../../node/tracing/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';

const STREAM = 'a1'.repeat(16);
const SPAN = 'b2'.repeat(8);

interface Recorded {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: object;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** What is recorded while the work runs. */
async function recorded(work: () => Promise<unknown>, sample = 1_000): Promise<Recorded[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-path-spans-'));
  const file = join(folder, 'spans.jsonl');
  try {
    const tracing = await startTracing({
      endpoint: '',
      file,
      sample,
      name: 'n',
      peerId: 'p',
      region: 'r',
    });
    await work().finally(async () => await tracing?.flush());
    const flushed = statSync(file).size;
    await tracing?.stop();
    assert.equal(statSync(file).size, flushed, 'nothing is left to write at the end');
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => JSON.parse(line).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans) as Recorded[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const echo = async (traceparent: string): Promise<string> => traceparent;

describe('spans of a way through relays', () => {
  it('say to relays that nothing is recorded while nothing is', async () => {
    assert.equal(await withPathSpan(STREAM, SPAN, echo), `00-${STREAM}-${SPAN}-00`);
    assert.equal(await withHopSpan(`00-${STREAM}-${SPAN}-01`, echo), `00-${STREAM}-${SPAN}-01`);
    // Tracing is on, and this work is not recorded: no relay is asked to record it.
    let told = '';
    const spans = await recorded(async () => {
      told = await withPathSpan(STREAM, SPAN, (trace) => withHopSpan(trace, echo));
    });
    assert.deepEqual([told, spans], [`00-${STREAM}-${SPAN}-00`, []]);
  });

  it('are one trace from hop to hop, named as the stream is, that the caller’s own span is linked with', async () => {
    const told: string[] = [];
    const spans = await recorded(() =>
      withSpan('work', () =>
        withPathSpan(STREAM, SPAN, async (first) => {
          told.push(first);
          await withHopSpan(first, async (second) => told.push(second));
        }),
      ),
    );
    const by = (name: string) => spans.find((span) => span.name === name)!;
    const [work, path, hop] = ['work', 'relay.path', 'relay.forward'].map(by);
    assert.deepEqual(told, [`00-${STREAM}-${path!.spanId}-01`, `00-${STREAM}-${hop!.spanId}-01`]);
    assert.deepEqual([path!.traceId, hop!.traceId, hop!.parentSpanId], [STREAM, STREAM, path!.spanId]);
    assert.deepEqual(
      path!.links.map(({ spanId, traceId }) => [traceId, spanId]),
      [[work!.traceId, work!.spanId]],
    );
    // What travels, and what relays record, names the caller's trace nowhere.
    assert.ok(!JSON.stringify([told, hop]).includes(work!.traceId));
  });

  it('are not made below a trace that is not recorded, whoever began it; its ids are in the log', async () => {
    const ids: object[] = [];
    const spans = await recorded(async () => {
      await withSpan('whole', () => withSpan('below', async () => ids.push(traceIds())));
      await withServerSpan('of a peer', Buffer.from(`\0tp00-${STREAM}-${SPAN}-00`), () =>
        withSpan('below', async () => ids.push(traceIds(), traceFrame() ?? {})),
      );
    }, 0);
    assert.deepEqual(spans, []);
    assert.match(JSON.stringify(ids[0]), /"trace_id":"[0-9a-f]{32}","span_id":"[0-9a-f]{16}"/);
    assert.deepEqual(ids.slice(1), [{ trace_id: STREAM, span_id: SPAN }, {}]);
  });

  it('begin and end within what is above them, and say what went wrong', async () => {
    const spans = await recorded(async () => {
      const failing = async () => {
        throw new ZeroError('BUSY', 'not now');
      };
      await withSpan('above', async () => await withSpan('below', failing).catch(() => undefined));
    });
    const [below, above] = spans;
    assert.deepEqual([below!.name, above!.name, below!.parentSpanId], ['below', 'above', above!.spanId]);
    assert.deepEqual([below!.status, above!.status], [{ code: 2, message: 'BUSY' }, { code: 0 }]);
    const order = [
      above!.startTimeUnixNano,
      below!.startTimeUnixNano,
      below!.endTimeUnixNano,
      above!.endTimeUnixNano,
    ];
    assert.deepEqual(
      order.map(BigInt).toSorted((a, b) => Number(a - b)),
      order.map(BigInt),
    );
    assert.ok(Math.abs(Number(BigInt(order[0]!) / 1_000_000n) - Date.now()) < 60_000, 'by the wall clock');
  });

  it('take no nonsense for a trace', async () => {
    const spans = await recorded(async () => {
      assert.equal(await withHopSpan('', echo), '');
      assert.equal(
        await withHopSpan(`00-${'0'.repeat(32)}-${SPAN}-01`, echo),
        `00-${'0'.repeat(32)}-${SPAN}-01`,
      );
    });
    assert.deepEqual(spans, []);
  });
});
