// One trace across nodes: from the HTTP request of a task over search, the member that runs it, its receipt in the log, to the payment.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RowProtocol, RowStreams } from '../../../node/rpc/row-streams.ts';
import { isTraceFrame, withSpan } from '../../../node/tracing/index.ts';
import { agentAccount } from '../../../protocol/ledger/index.ts';
import { eventually, zerostateJson } from '../../support/cli.ts';
import { issueMoney } from '../../support/money.ts';
import { addressOf, draft, TestNodes } from '../../support/nodes.ts';

const TASK = join(import.meta.dirname, '../../../examples/tasks/word-count/task.yaml');
const SOON_MS = 60_000;
/** As OTLP writes it. */
const SERVER_KIND = 2;
const ARTIFACT_PATH = '/v1/artifacts/:cid/fetch';
const ROWS = {
  requestBytesMax: 1_024,
  rowBytesMax: 1_024,
  answerBytesMax: 8_192,
  timeoutMs: 60_000,
  perSecond: 10,
  burst: 10,
};

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: readonly { key: string; value: unknown }[];
}

/** Spans of a file of OTLP JSON lines. */
function spansOf(file: string): Span[] {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.flatMap((line) => {
    const { resourceSpans } = JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}

describe('a trace', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-tracing-'));
  const file = join(folder, 'spans.jsonl');
  const nodes = new TestNodes();
  after(async () => {
    await nodes[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it('leads from the request of a task to its payment, over the nodes that took part', async () => {
    const asker = await nodes.start('asker', { roles: ['boot', 'index'], tracing: { file } });
    const member = await nodes.start('member', { join: [addressOf(asker)] });
    const payer = (await asker.node.cards.publish(draft('Payer'))).agentId;
    const { agentId } = await member.node.cards.publish({
      ...draft('Counter'),
      prices: [{ unit: 'request', amount: '7', currency: 'TEST' }],
    });
    await issueMoney(asker, payer, 1_000_000_000n);
    await eventually('card and money', SOON_MS, async () =>
      Boolean(
        asker.node.book.get(agentId) &&
          member.node.payments.ledger.balance(agentAccount(payer), 'TEST') === 1_000_000_000n,
      ),
    );
    const ceiling = ['--ceiling', '100 TEST'];
    await zerostateJson([
      'task',
      'run',
      '--no-receipt',
      TASK,
      '--member',
      agentId,
      ...ceiling,
      '--home',
      nodes.home('asker'),
    ]);
    // The answer does not wait for its payment.
    await eventually('the payment', SOON_MS, async () => asker.node.tasks.list()[0]?.settled.length === 1);
    const note = join(folder, 'note.txt');
    writeFileSync(note, 'of a member');
    const { cid } = await zerostateJson<{ cid: string }>([
      'artifact',
      'add',
      note,
      '--home',
      nodes.home('member'),
    ]);
    await zerostateJson([
      'artifact',
      'get',
      cid,
      '--out',
      join(folder, 'got.txt'),
      '--home',
      nodes.home('asker'),
    ]);
    const rows: RowProtocol = { ...ROWS, id: '/zerostate/test/rows/1' };
    const streams = [asker, member].map(({ node }) => new RowStreams(node));
    await streams[1]!.handle(rows, async (request, _peer, send) => await send(request));
    const answered = await withSpan('asks for rows', async () => {
      const peer = member.node.host.peerId;
      for await (const row of streams[0]!.ask(peer, rows, Uint8Array.of(7), AbortSignal.timeout(SOON_MS)))
        return row;
      return undefined;
    });
    assert.deepEqual([...(answered ?? [])], [7]);
    await asker.node.guilds.create({ name: 'ring', members: [{ agent: agentId }] });
    await nodes.stop('member');
    await nodes.stop('asker');

    const spans = spansOf(file);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const root = spans.find(({ name, parentSpanId }) => name === 'POST /v1/tasks' && !parentSpanId)!;
    assert.ok(root, [...new Set(spans.map(({ name }) => name))].join());
    const isBelow = (span: Span, name: string): boolean => {
      const parent = byId.get(span.parentSpanId ?? '');
      return parent !== undefined && (parent.name === name || isBelow(parent, name));
    };
    const mine = spans.filter(({ traceId }) => traceId === root.traceId);
    const names = new Set(mine.map(({ name }) => name));
    for (const name of [
      'task.submit',
      'task.members',
      'task.ask',
      'task.execute',
      'log.append',
      'payment.promise',
      'payment.settle',
    ])
      assert.ok(names.has(name), `${name} is missing in ${[...names].join(' ')}`);
    const executed = mine.find(({ name }) => name === 'task.execute')!;
    // Over the wire: a client's span here, and below it the server's span there.
    assert.ok(isBelow(executed, '/zerostate/test/task/1'), 'the member works below the call that asked it');
    assert.ok(isBelow(executed, 'task.ask'));
    const rowed = spans.find(({ name }) => name === rows.id)!;
    assert.equal(byId.get(rowed.parentSpanId ?? '')?.name, 'asks for rows', 'rows, as of partners');
    const guild = spans.find(({ name }) => name === 'guild.create')!;
    const invited = spans.filter(({ kind, name }) => kind === SERVER_KIND && name.includes('/guild/'));
    assert.ok(
      invited.some((span) => isBelow(span, guild.name)),
      'members of a guild answer below its making',
    );
    const blocks = spans.filter(({ name }) => name === '/ipfs/bitswap/1.2.0');
    assert.ok(
      blocks.some((span) => isBelow(span, `POST ${ARTIFACT_PATH}`)),
      'blocks are served below the request that wants them',
    );
    for (const { attributes } of mine)
      assert.doesNotMatch(JSON.stringify(attributes ?? []), /token|words|stdin/);
    assert.equal(statSync(file).mode & 0o077, 0);
  });

  it('is no frame of a protocol', () => {
    assert.equal(isTraceFrame(Uint8Array.of(0)), false);
    assert.equal(isTraceFrame(Buffer.from('{"a":1}')), false);
    assert.equal(isTraceFrame(Buffer.from('\0tp00-x')), true);
  });
});
