// What "zerostate log check" says of a server that does not give a part of a log.

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkUrl } from '../../../node/cli/log-check.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';

describe('a check of a log over HTTP', () => {
  let server: Server;
  let answer: { readonly status: number; readonly body: string };
  before(async () => {
    server = createServer((_, response) => response.writeHead(answer.status).end(answer.body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());

  const told = async (status: number, body: string) => {
    answer = { status, body };
    const { port } = server.address() as AddressInfo;
    const error: unknown = await checkUrl(`http://127.0.0.1:${port}/log/x`, undefined).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(isZeroError(error), String(error));
    return error;
  };

  it('says what the node says is wrong, and what to do', async () => {
    const damaged = new ZeroError('DATA_CORRUPT', 'a part is damaged');
    const error = await told(damaged.http, JSON.stringify({ error: damaged }));
    assert.equal(error.code, 'DATA_CORRUPT');
    assert.match(error.message, /log\/x\/checkpoint: a part is damaged/);
    assert.equal(error.hint, damaged.hint);
  });

  it('takes a 404 alone for nothing there, and a failing server for one that fails', async () => {
    assert.equal((await told(404, 'no')).code, 'NOT_FOUND');
    assert.equal((await told(500, '<html>')).code, 'NODE_UNREACHABLE');
    assert.equal((await told(502, '{"error":"x"}')).code, 'NODE_UNREACHABLE');
    assert.equal((await told(500, '{"error":{"code":"NO_SUCH_CODE"}}')).code, 'INTERNAL');
    assert.equal((await told(200, 'x'.repeat(17_000_000))).code, 'LIMIT_EXCEEDED');
  });
});
