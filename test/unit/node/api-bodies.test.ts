// Large bodies on the API: few at the same moment, whether they say their length or not, and none of them is in the way of what is small.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Overload } from '../../../node/admission/index.ts';
import {
  LARGE_BODIES_BYTES_MAX,
  SMALL_BODIES_BYTES_MAX,
  SMALL_BODY_BYTES_MAX,
} from '../../../node/api/bodies.ts';
import type { Operation } from '../../../node/api/operations.ts';
import { type ApiServer, startApi } from '../../../node/api/server.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { AUTHORIZED, apiAlone } from '../../support/api-alone.ts';

const LARGE = 12 * 1024 * 1024;

describe('large bodies on the API', () => {
  const metrics = createMetrics();
  let api: ApiServer;
  before(async () => {
    const route = ({ method }: Operation) => ({
      handler: async () => ({}),
      ...(method === 'POST' ? { schema: { body: {} } } : {}),
    });
    api = await startApi(apiAlone({ overload: new Overload({ metrics }), route }));
  });
  after(() => api.close());

  /** Begins a request with a body, and sends this much of it. */
  function begin(headers: Record<string, string>, sent: string, path = '/v1/verify'): ClientRequest {
    const asked = request(api.url + path, {
      method: 'POST',
      headers: { ...AUTHORIZED, 'content-type': 'application/json', ...headers },
    });
    asked.on('error', () => {});
    asked.write(sent);
    return asked;
  }
  async function answerOf(asked: ClientRequest): Promise<{ status: number; retry: unknown; text: string }> {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return { status: response.statusCode ?? 0, retry: response.headers['retry-after'], text };
  }
  const small = async () => {
    const asked = begin({ 'content-length': '2' }, '{}');
    asked.end();
    return (await answerOf(asked)).status;
  };
  const said = { 'content-length': String(LARGE) };
  const body = JSON.stringify({ a: 'x'.repeat(LARGE) }).slice(0, LARGE - 2);
  /** Ends it as JSON of the length that was said. */
  const finish = (asked: ClientRequest) => asked.end(`${body.slice(1)}"}`);

  it('are counted until they are answered; one too many is told when to come again', async () => {
    assert.ok(2 * LARGE <= LARGE_BODIES_BYTES_MAX && 3 * LARGE > LARGE_BODIES_BYTES_MAX);
    const [first, second] = [begin(said, body.slice(0, 1)), begin(said, body.slice(0, 1))];
    const answered = Promise.all([answerOf(first), answerOf(second)]);
    // Their heads are there when an answer to what came after them is.
    assert.equal(await small(), 200);
    const third = await answerOf(begin(said, body.slice(0, 1)));
    assert.deepEqual([third.status, third.retry], [503, '1']);
    assert.equal(JSON.parse(third.text).error.code, 'OVERLOADED');
    assert.match(await metrics.render(), /zerostate_shed_total\{class="timed"\} 1/);
    assert.equal(await small(), 200, 'what is small is taken');
    finish(first);
    finish(second);
    assert.deepEqual(
      (await answered).map(({ status }) => status),
      [200, 200],
    );
    const again = begin(said, body.slice(0, 1));
    const ended = answerOf(again);
    finish(again);
    assert.equal((await ended).status, 200, 'their place is free again');
  });

  it('are not the only ones that are counted: of the others there are many, and not any number', async () => {
    const most = { 'content-length': String(SMALL_BODY_BYTES_MAX) };
    const held = Array.from({ length: SMALL_BODIES_BYTES_MAX / SMALL_BODY_BYTES_MAX }, () =>
      begin(most, '{'),
    );
    const connected = async (one: ClientRequest) => {
      const [socket] = (await once(one, 'socket')) as [Socket];
      if (socket.connecting) await once(socket, 'connect');
    };
    await Promise.all(held.map(connected));
    assert.deepEqual([await small(), await small()], [200, 200]);
    const refused = await answerOf(begin(most, '{'));
    assert.equal(refused.status, 503);
    assert.equal(JSON.parse(refused.text).error.code, 'OVERLOADED');
    assert.equal(await small(), 200, 'what is tiny is taken');
    for (const one of held) one.destroy();
  });

  it('are counted as they come where they do not say their length, and when they are given up no more', async () => {
    const held = [begin(said, body.slice(0, 1)), begin(said, body.slice(0, 1))];
    assert.equal(await small(), 200);
    const chunked = begin({ 'transfer-encoding': 'chunked' }, body.slice(0, SMALL_BODY_BYTES_MAX));
    const refused = answerOf(chunked);
    chunked.write(body.slice(SMALL_BODY_BYTES_MAX));
    assert.equal((await refused).status, 503);
    for (const one of held) one.destroy();
    for (let status = 503; status !== 200; ) {
      const asked = begin({ 'transfer-encoding': 'chunked' }, body.slice(0, 1));
      const ended = answerOf(asked);
      finish(asked);
      ({ status } = await ended);
      assert.ok(status === 200 || status === 503);
    }
  });
});
