// Answers of the API that nobody reads: they are waited for a minute, they make room for others, and there are not more than so many bytes of them; and who
// asks for many things in one breath is not served.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import {
  ANSWERS_WAITING_BYTES_MAX,
  boundConnections,
  type ConnectionEnd,
  LOOK_MS,
  REQUESTS_PER_CONNECTION_MAX,
  STALLED_MS_MAX,
} from '../../../node/api/connections.ts';
import { startApi } from '../../../node/api/server.ts';
import { apiAlone } from '../../support/api-alone.ts';

const ASK = 'GET /log/a HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
/** More than two such fit. */
const ANSWER = Buffer.alloc(ANSWERS_WAITING_BYTES_MAX / 2 - 1_048_576);

/** A connection that reads nothing. */
async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket.pause();
}
/** What the system has not taken of an answer. */
const unsent = (socket: Socket): number =>
  (socket as unknown as { readonly _handle: { readonly writeQueueSize: number } })._handle.writeQueueSize;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

describe('answers that nobody reads', () => {
  let server: Server;
  let ends: ConnectionEnd[];
  let sockets: Socket[];
  let look: () => void;
  /** Sockets at the server, in the order in which they came. */
  let served: Socket[];

  beforeEach(async () => {
    [ends, sockets, served] = [[], [], []];
    server = createServer((_, response) => response.end(ANSWER));
    server.on('connection', (socket) => served.push(socket));
    look = boundConnections(server, (end) => ends.push(end), 3).look;
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = async () => {
    const accepted = once(server, 'connection');
    sockets.push(await connected(portOf(server)));
    await accepted;
    return sockets.at(-1) as Socket;
  };
  const ask = async () => {
    const came = once(server, 'request');
    (await open()).write(ASK);
    await came;
  };

  it('make room for others where no connection rests', async () => {
    await ask();
    look();
    look();
    await open();
    await open();
    // Those that rest go first.
    await open();
    await open();
    assert.deepEqual(ends, ['rested', 'rested']);
    for (const socket of sockets.slice(-2)) {
      const came = once(server, 'request');
      socket.write(ASK);
      await came;
    }
    look();
    assert.deepEqual(ends, ['rested', 'rested', 'stalled'], 'all three are more than may wait');
  });

  it('are waited for a minute, however few there are', async () => {
    await ask();
    for (let n = 0; n <= STALLED_MS_MAX / LOOK_MS - 1; n++) look();
    assert.deepEqual(ends, []);
    look();
    assert.deepEqual(ends, ['stalled']);
    assert.equal(served[0]!.destroyed, true);
  });

  it('go on as long as something of them is taken', async () => {
    await ask();
    for (let n = 0; n < 2 * (STALLED_MS_MAX / LOOK_MS); n++) {
      if (n % 32 === 0) {
        const before = unsent(served[0]!);
        sockets[0]!.resume();
        while (unsent(served[0]!) === before) await once(sockets[0]!, 'data');
        sockets[0]!.pause();
      }
      look();
    }
    assert.deepEqual(ends, []);
  });
});

describe('many requests in one breath', () => {
  it('are not even made into requests beyond the first that is too much', async () => {
    let requests = 0;
    const server = createServer(() => {
      requests += 1;
    });
    boundConnections(server, () => {});
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const socket = await connected(portOf(server));
    const ended = once(socket.resume(), 'close');
    socket.write(ASK.repeat(1_000));
    await ended;
    assert.equal(requests, REQUESTS_PER_CONNECTION_MAX + 1);
    await new Promise((resolve) => server.close(resolve));
  });

  it('end their connection, and those beyond the bound are not begun', async () => {
    let begun = 0;
    const route = () => ({
      handler: async () => {
        begun += 1;
        return await new Promise(() => {});
      },
    });
    const options = apiAlone({ route });
    const api = await startApi({
      ...options,
      routes: async (app) => {
        app.get('/log/a', route());
        await options.routes(app);
      },
    });
    const socket = await connected(Number(new URL(api.url).port));
    const ended = once(socket.resume(), 'close');
    socket.write(ASK.repeat(1_000));
    await ended;
    assert.ok(begun <= REQUESTS_PER_CONNECTION_MAX, `${begun} were begun`);
    const other = await fetch(`${api.url}/v1/node`);
    assert.equal(other.status, 401);
    await api.close();
  });
});
