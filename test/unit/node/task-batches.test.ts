// Several tasks for one member in one message: each is answered by itself and as soon as it can be, and what befalls one is no matter of the
// others. The streams are real, the network between them is not.

import assert from 'node:assert/strict';
import { encode } from '@ipld/dag-cbor';
import { UnsupportedProtocolError } from '@libp2p/interface';
import { Admission, RETRY_MS } from '../../../node/admission/index.ts';
import { peerOfText } from '../../../node/host/peer-of-text.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { unwrap } from '../../../node/rpc/answer.ts';
import { type RowHandler, RowStreams } from '../../../node/rpc/row-streams.ts';
import { BatchDesk } from '../../../node/tasks/batch-desk.ts';
import { Batches } from '../../../node/tasks/batches.ts';
import { encodeTaskRequest, type TaskRequest, type TaskResponse } from '../../../node/tasks/wire.ts';
import {
  BATCH_TASKS_MAX,
  decodeBatchRow,
  decodeTaskBatch,
  encodeBatchRow,
  taskBatchProtocol,
} from '../../../node/tasks/wire-batch.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { refuses } from '../../support/codes.ts';
import { rowHost } from '../../support/row-host.ts';

const MEMBER = '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8';
const NEVER = new AbortController().signal;
const ALONE = encode('alone');

const request = (token: number): Uint8Array =>
  encodeTaskRequest({ manifest: new Uint8Array([1]), agentId: 'agent', token, attached: {} });

const response = (token: number): TaskResponse => ({
  status: 'OK',
  exitCode: token,
  fuel: '1',
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  outputs: {},
  detail: null,
  receipt: null,
});

interface Setting {
  /** What the member does with a task. */
  readonly execute?: (request: TaskRequest) => Promise<TaskResponse>;
  /** In place of the whole desk. */
  readonly handler?: RowHandler;
  /** Why no stream can be opened. */
  readonly failure?: Error;
}

/** A requester and a member. */
async function pair({ execute = async ({ token }) => response(token), failure, handler }: Setting = {}) {
  const log = createLogger({ level: 'silent', name: 'test' });
  const metrics = createMetrics();
  const admission = new Admission({ clock: { now: () => 0, after: () => () => {} }, log, metrics });
  const seen = { tries: 0, streams: 0, alone: 0, ended: 0 };
  const host = rowHost(peerOfText(MEMBER), {
    opening: () => {
      seen.tries += 1;
      if (failure !== undefined) throw failure;
      seen.streams += 1;
    },
    opened: (theirs) =>
      theirs.addEventListener('close', () => {
        seen.ended += 1;
      }),
  });
  const rows = new RowStreams({ host, log, metrics, admission });
  const network = 'test';
  if (handler !== undefined) await rows.handle(taskBatchProtocol(network), handler);
  else await new BatchDesk({ rows, executor: { execute }, admission, log, metrics, network }).start();
  const call = async () => {
    seen.alone += 1;
    return ALONE;
  };
  const batches = new Batches({ rpc: { call }, rows, admission, network });
  const ask = async (token: number, signal = NEVER): Promise<unknown> => {
    const bytes = await batches.call(MEMBER, request(token), signal);
    return bytes === ALONE ? 'alone' : bytes;
  };
  return { admission, ask, seen };
}

const codeOf = (result: PromiseSettledResult<unknown>): unknown =>
  result.status === 'fulfilled' ? 'ok' : ((result.reason as { code?: string }).code ?? result.reason.message);

/** When those with this code are told to come back; each time once. */
const retriesOf = (results: readonly PromiseSettledResult<unknown>[], code: string): unknown[] => [
  ...new Set(
    results.flatMap((result) =>
      result.status === 'rejected' && codeOf(result) === code
        ? [(result.reason as ZeroError).details?.retryMs]
        : [],
    ),
  ),
];

describe('node/tasks: several tasks in one message', () => {
  it('travel over one stream, and one alone as it always did', async () => {
    const { ask, seen } = await pair();
    const answers = await Promise.all([ask(1), ask(2), ask(3)]);
    assert.deepEqual([seen.streams, seen.alone], [1, 0]);
    assert.equal(new Set(answers.map((bytes) => Buffer.from(bytes as Uint8Array).toString('hex'))).size, 3);
    assert.equal(await ask(4), 'alone');
    assert.deepEqual([seen.streams, seen.alone], [1, 1]);
  });

  it('are answered each when it has ended, and refused each for its own reason', async () => {
    const slow = Promise.withResolvers<void>();
    const execute = async ({ token }: TaskRequest): Promise<TaskResponse> => {
      if (token === 1) await slow.promise;
      if (token === 2) throw new ZeroError('TASK_REFUSED', 'not here');
      if (token === 3) throw new Error('a mistake of the member');
      return response(token);
    };
    const { ask } = await pair({ execute });
    const [first, ...others] = [1, 2, 3, 4].map((token) => ask(token));
    const ended = await Promise.allSettled(others);
    assert.deepEqual(ended.map(codeOf), ['TASK_REFUSED', 'INTERNAL', 'ok']);
    slow.resolve();
    assert.ok((await first) instanceof Uint8Array);
  });

  it('go one by one to a member that does not know of it, from then on', async () => {
    const { ask, seen } = await pair({ failure: new UnsupportedProtocolError('not spoken') });
    assert.deepEqual(await Promise.all([ask(1), ask(2)]), ['alone', 'alone']);
    const { tries } = seen;
    assert.deepEqual(await Promise.all([ask(3), ask(4)]), ['alone', 'alone']);
    assert.deepEqual(seen, { tries, streams: 0, alone: 4, ended: 0 });
  });

  it('are unanswered when the stream breaks, but for those that were answered before', async () => {
    const handler: RowHandler = async (_bytes, _peer, send) => {
      await send(encodeBatchRow(1, { ok: new Uint8Array([7]) }));
      throw new Error('the member dies');
    };
    const { ask } = await pair({ handler });
    const ended = await Promise.allSettled([ask(1), ask(2), ask(3)]);
    assert.deepEqual(ended.map(codeOf), ['PEER_UNREACHABLE', 'ok', 'PEER_UNREACHABLE']);
  });

  it('are given up one by one, and the exchange with the last of them', async () => {
    const holds = Promise.withResolvers<void>();
    const { ask, seen } = await pair({
      execute: async ({ token }) => {
        if (token !== 2) await holds.promise;
        return response(token);
      },
    });
    try {
      const givers = [new AbortController(), new AbortController()];
      const asked = [ask(1, givers[0]?.signal), ask(2), ask(3, givers[1]?.signal)];
      assert.ok((await asked[1]) instanceof Uint8Array);
      givers[0]?.abort(new Error('first given up'));
      await assert.rejects(asked[0] as Promise<unknown>, /first given up/);
      assert.equal(seen.ended, 0);
      givers[1]?.abort(new Error('last given up'));
      await assert.rejects(asked[2] as Promise<unknown>, /last given up/);
      for (let wait = 0; wait < 500 && seen.ended === 0; wait++) await new Promise((r) => setTimeout(r, 10));
      assert.equal(seen.ended, 1);
    } finally {
      holds.resolve();
    }
  });

  it('count each against the rate of a peer and as work under way', async () => {
    let underWay = 0;
    const setting: { admission?: Admission } = {};
    const { admission, ask } = await pair({
      execute: async ({ token }) => {
        await new Promise((resolve) => setImmediate(resolve));
        underWay = Math.max(underWay, setting.admission?.overload.load.underWay ?? 0);
        return response(token);
      },
    });
    setting.admission = admission;
    await Promise.all(Array.from({ length: 5 }, (_, n) => ask(n + 1)));
    assert.equal(underWay, 5);
    const all = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => ask(n + 1)));
    const busy = all.filter((result) => codeOf(result) === 'BUSY').length;
    assert.deepEqual(retriesOf(all, 'BUSY'), [10], 'each is told when there is room for one more');
    assert.ok(busy >= 40, `${busy} were refused`);
    assert.equal(all.filter((result) => codeOf(result) === 'ok').length, 300 - busy);
  });

  it('are told when to come back where a node has too much to do, one of several as well as all at once', async () => {
    const places: (() => void)[] = [];
    const fill = (admission: Admission, left: number) => {
      for (;;) {
        const leave = admission.overload.enter('timed');
        if (leave === undefined) break;
        places.push(leave);
      }
      for (let n = 0; n < left; n++) places.pop()?.();
    };
    const { admission, ask } = await pair();
    fill(admission, 1);
    const some = await Promise.allSettled([ask(1), ask(2), ask(3)]);
    assert.ok(some.map(codeOf).includes('ok'), some.map(codeOf).join());
    assert.deepEqual(retriesOf(some, 'OVERLOADED'), [RETRY_MS.timed]);
    fill(admission, 0);
    const none = await Promise.allSettled([ask(4), ask(5)]);
    assert.deepEqual(none.map(codeOf), ['OVERLOADED', 'OVERLOADED']);
    assert.deepEqual(retriesOf(none, 'OVERLOADED'), [RETRY_MS.timed]);
    for (const leave of places) leave();
  });

  it('take no answer to none of them', async () => {
    const handler: RowHandler = async (_bytes, _peer, send) => {
      await send(encodeBatchRow(2, { ok: new Uint8Array([7]) }));
    };
    const { ask } = await pair({ handler });
    const ended = await Promise.allSettled([ask(1), ask(2)]);
    assert.deepEqual(ended.map(codeOf), ['DECODE_FAILED', 'DECODE_FAILED']);
    const whole = encodeBatchRow(null, { error: { code: 'OVERLOADED', message: 'later' } });
    const { answer, at } = decodeBatchRow(whole, 2);
    assert.equal(at, null);
    refuses(() => unwrap(answer), 'OVERLOADED');
  });

  it('are read with bounds', () => {
    const task = { request: new Uint8Array([1]), trace: null };
    refuses(() => decodeTaskBatch(encode({ tasks: [] })), 'DECODE_FAILED');
    refuses(() => decodeTaskBatch(encode({ tasks: [{ request: 'text' }] })), 'DECODE_FAILED');
    refuses(() => decodeTaskBatch(encode({ tasks: 7 })), 'DECODE_FAILED');
    const many = Array.from({ length: BATCH_TASKS_MAX + 1 }, () => task);
    refuses(() => decodeTaskBatch(encode({ tasks: many })), 'LIMIT_EXCEEDED');
    assert.deepEqual(decodeTaskBatch(encode({ tasks: [{ ...task, trace: new Uint8Array(1_000) }] })), [task]);
  });
});
