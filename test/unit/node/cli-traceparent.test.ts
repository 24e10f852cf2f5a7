// A command hands on the trace that its environment names, and nothing else that stands there.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from '../../../node/cli/client.ts';

describe('the trace of a command', () => {
  const given = process.env.TRACEPARENT;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ traceparent: request.headers.traceparent ?? null }));
  });
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    if (given === undefined) delete process.env.TRACEPARENT;
    else process.env.TRACEPARENT = given;
    server.close();
  });

  it('is the one that TRACEPARENT names; what is no trace context is not sent', async () => {
    const { port } = server.address() as AddressInfo;
    const client = new ApiClient({ api: `http://127.0.0.1:${port}`, token: 'token' });
    const heard = async (text: string) => {
      process.env.TRACEPARENT = text;
      return (await client.get<{ traceparent: string | null }>('/v1/node')).traceparent;
    };
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    assert.equal(await heard(trace), trace);
    for (const other of ['', 'x', `${trace}\r\nx-other: 1`, trace.toUpperCase()])
      assert.equal(await heard(other), null);
  });
});
