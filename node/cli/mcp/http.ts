// MCP over streamable HTTP, stateless: every request brings all it needs. Only who has the node's API token may ask, and no web page can.

import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { boundConnections } from '../../api/connections.ts';
import type { ApiClient } from '../client.ts';
import { makeMcpServer } from './server.ts';

/** Bytes of a request: a module in base64 and its inputs, as the API takes them. */
const BODY_BYTES_MAX = 24 * 1024 * 1024;
/** Requests at once; each may wait for a task. */
const REQUESTS_MAX = 64;
/** Connections at once: those of the requests, those that are told that there are too many, and as many that rest. */
const CONNECTIONS_MAX = 256;
const PATH = '/mcp';

/** A served MCP endpoint. */
export interface McpEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves MCP on a loopback port; 0 takes a free one. Throws PORT_IN_USE. */
export async function serveMcp(client: ApiClient, port: number): Promise<McpEndpoint> {
  const expected = Buffer.from(`Bearer ${client.target.token}`);
  let open = 0;
  const http = createServer((request, response) => {
    // It asked for too much at once.
    if (request.socket.destroyed) return;
    open += 1;
    response.on('close', () => {
      open -= 1;
    });
    handle(request, response).catch((error: unknown) => {
      const typed = isZeroError(error)
        ? error
        : new ZeroError('INTERNAL', 'internal error', { cause: error });
      if (response.headersSent) response.destroy();
      else {
        response.writeHead(typed.http, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            jsonrpc: '2.0',
            id: null,
            error: { code: -32_000, message: String(typed.message) },
          }),
        );
      }
    });
  });

  boundConnections(http, () => {}, CONNECTIONS_MAX);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host = '', origin } = request.headers;
    // A page of another site reaches loopback through a name that resolves to it, or says where it comes from.
    if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/.test(host) || origin !== undefined)
      throw new ZeroError('UNAUTHORIZED', 'the MCP endpoint is not for web pages, nor for other host names');
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new ZeroError('UNAUTHORIZED', 'the bearer token is missing or wrong');
    if (request.url?.split('?')[0] !== PATH) throw new ZeroError('NOT_FOUND', `the endpoint is ${PATH}`);
    if (open > REQUESTS_MAX) throw new ZeroError('BUSY', `${REQUESTS_MAX} requests are under way`);
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST' }).end();
      return;
    }
    const body = await readBody(request);
    const server = makeMcpServer(client, { files: false });
    const transport = new StreamableHTTPServerTransport({});
    response.on('close', () => void server.close());
    await server.connect(transport as never);
    await transport.handleRequest(request, response, body);
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new ZeroError(
          cause.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'INTERNAL',
          `cannot listen on port ${port}`,
          { cause },
        ),
      ),
    );
    http.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a request has more than ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (cause) {
    throw new ZeroError('USAGE', 'the request is not JSON', { cause });
  }
}
