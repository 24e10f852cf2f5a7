// Connections of programs to the API: there is always room for one more, and it is made by those that rest, not by those that ask.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { API_CONNECTIONS_MAX, boundConnections, type ConnectionEnd } from '../../../node/api/connections.ts';
import { type ApiServer, startApi } from '../../../node/api/server.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { apiAlone } from '../../support/api-alone.ts';

const ASK = 'GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';

/** A connection that the server has. */
async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}
/** Resolves when the other side has ended it. */
const ended = async (socket: Socket) => await once(socket.resume(), 'close');

describe('connections to a server that takes three', () => {
  let server: Server;
  let port: number;
  let ends: ConnectionEnd[];
  let sockets: Socket[];
  /** Requests that wait for their answer, in the order in which they came. */
  let waiting: ServerResponse[];

  beforeEach(async () => {
    ends = [];
    sockets = [];
    waiting = [];
    server = createServer((_, response) => waiting.push(response));
    boundConnections(server, (end) => ends.push(end), 3);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = async () => {
    const accepted = once(server, 'connection');
    const socket = await connected(port);
    await accepted;
    sockets.push(socket);
    return socket;
  };
  const ask = async (socket: Socket) => {
    const came = once(server, 'request');
    socket.write(ASK);
    await came;
  };
  const answer = async (response: ServerResponse | undefined) => {
    const closed = once(response!, 'close');
    response!.end();
    await closed;
  };

  it('ends the one that has rested longest for a fourth, which is served', async () => {
    const [first, second] = [await open(), await open(), await open()];
    const gone = ended(first);
    const fourth = await open();
    await gone;
    await ask(fourth);
    assert.deepEqual(ends, ['rested']);
    assert.equal(second.destroyed, false);
  });

  it('never ends one with a request under way, however old', async () => {
    const first = await open();
    await ask(first);
    const gone = ended(await open());
    await open();
    await open();
    await gone;
    assert.equal(first.destroyed, false);
    await answer(waiting[0]);
    assert.match(String((await once(first, 'data'))[0]), /^HTTP\/1.1 200/);
  });

  it('counts rest from the last answer, and two requests at once as two', async () => {
    const first = await open();
    await ask(first);
    first.write(ASK + ASK);
    const [second, third] = [await open(), await open()];
    await answer(waiting[0]);
    // The second of the three came with the answer to the first.
    while (waiting.length < 2) await once(server, 'request');
    const gone = ended(second);
    await open();
    await gone;
    await answer(waiting[1]);
    while (waiting.length < 3) await once(server, 'request');
    await answer(waiting[2]);
    const goneToo = ended(third);
    await open();
    await goneToo;
    assert.equal(first.destroyed, false);
    assert.deepEqual(ends, ['rested', 'rested']);
  });

  it('takes no fourth while all three are asking, and has room when one has left', async () => {
    const asking = [await open(), await open(), await open()];
    for (const socket of asking) await ask(socket);
    await ended(await open());
    assert.deepEqual(ends, ['refused']);
    const left = once(waiting[0]!, 'close');
    asking[0]!.destroy();
    await left;
    await ask(await open());
    assert.deepEqual(ends, ['refused']);
  });
});

describe('connections to the API', function () {
  this.timeout(60_000);
  const metrics = createMetrics();
  let api: ApiServer;
  before(async () => {
    api = await startApi(apiAlone({ metrics }));
  });
  after(() => api.close());

  it('are bounded, and whoever comes after thousands that say nothing is answered', async () => {
    const port = Number(new URL(api.url).port);
    const sockets: Socket[] = [];
    for (let at = 0; at < API_CONNECTIONS_MAX; at += 64)
      sockets.push(...(await Promise.all(Array.from({ length: 64 }, () => connected(port)))));
    const [first] = sockets as [Socket];
    const gone = ended(first);
    const { status } = await fetch(`${api.url}/v1/openapi.json`);
    await gone;
    assert.equal(status, 401);
    assert.match(await metrics.render(), /zerostate_api_connections_ended_total\{end="rested"\} 1\n/);
    for (const socket of sockets) socket.destroy();
  });
});
