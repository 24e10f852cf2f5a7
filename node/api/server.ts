// The HTTP API server of a node: token, host check, limits, typed errors. Routes live in routes/.

import fastifySwagger from '@fastify/swagger';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { Overload } from '../admission/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { beginHttpSpan, endHttpSpan, type WorkSpan } from '../tracing/index.ts';
import { VERSION } from '../version.ts';
import { type AccessOptions, guard } from './access.ts';
import { boundBodies } from './bodies.ts';
import { compilers } from './compilers.ts';
import { boundConnections } from './connections.ts';
import { takeTurns } from './fairness.ts';
import { refuseNeedless } from './needless.ts';
import { pathOf } from './operations.ts';
import { schemaErrorText } from './schema-error.ts';
import { shed } from './shedding.ts';

/** A task with its module and inputs in base64 must fit. */
export const BODY_BYTES_MAX = 24 * 1024 * 1024;
const REQUEST_MS_MAX = 130_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);

export interface ApiOptions {
  readonly host: string;
  readonly port: number;
  readonly access: AccessOptions;
  /** What else the node has under way, and what gives way for it. */
  readonly overload: Overload;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly routes: (app: FastifyInstance) => Promise<void>;
  /** Compiles the schemas of all routes at once. */
  readonly isEager?: boolean;
}

/** A running API. */
export interface ApiServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The server with its routes, which does not listen yet. */
export async function makeApi(options: Omit<ApiOptions, 'metrics' | 'port'>): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
    logger: false,
    routerOptions: { maxParamLength: 256 },
    schemaController: compilers(options.isEager),
    schemaErrorFormatter: (errors, part) => new Error(schemaErrorText(errors, part)),
  });
  // What came on a connection that was ended for asking too much at once is not begun.
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.raw.socket.destroyed) done();
  });
  const spans = new WeakMap<FastifyRequest, WorkSpan>();
  app.addHook('onRequest', (request, _reply, done) => {
    const name = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    const span = beginHttpSpan(name, request.headers.traceparent, done);
    if (span !== undefined) spans.set(request, span);
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request);
    if (span !== undefined) endHttpSpan(span, reply.statusCode);
  });
  app.addHook('onRequest', async (request) => checkHost(request, options.host));
  guard(app, options.access);
  shed(app, options.overload);
  boundBodies(app, options.overload);
  takeTurns(app, options.overload);
  app.addHook('preValidation', async (request) => refuseNeedless(request));
  app.setErrorHandler((error, _request, reply) => {
    const typed = toZeroError(error);
    if (typed.code === 'INTERNAL') options.log.error({ err: error }, 'request failed');
    void reply.status(typed.http === 200 ? 500 : typed.http).send({ error: typed.toJSON() });
  });
  app.setNotFoundHandler((request) => {
    throw new ZeroError('NOT_FOUND', `no route ${request.method} ${request.url.split('?')[0]}`, {
      hint: 'GET /v1/openapi.json lists every route.',
    });
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'zerostate node', version: VERSION },
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'Scopes: read, operate, admin; each has those before it.',
          },
        },
      },
      security: [{ token: [] }],
    },
  });
  await options.routes(app);
  app.get(pathOf('api.document'), { schema: { hide: true } }, async () => app.swagger());
  return app;
}

/** Starts the server. Throws PORT_IN_USE. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const app = await makeApi(options);
  boundConnections(app.server, (end) =>
    options.metrics.count('zerostate_api_connections_ended_total', { end }),
  );
  try {
    const url = await app.listen({ host: options.host, port: options.port });
    return { url, close: () => app.close() };
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ZeroError('PORT_IN_USE', `port ${options.port} on ${options.host} is taken`, { cause });
    if ((cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL')
      throw new ZeroError(
        'CONFIG_INVALID',
        `this machine has no address ${options.host} for the API to listen on`,
        {
          cause,
          hint: 'Set api.host in config.yaml; 127.0.0.1 is always there.',
        },
      );
    throw new ZeroError('INTERNAL', `the API cannot listen on ${options.host}:${options.port}`, { cause });
  }
}

/** A web page of another origin must not reach a loopback API through a name that resolves to it. */
function checkHost(request: FastifyRequest, host: string): void {
  if (LOOPBACK.has(host) && !LOOPBACK.has(request.hostname))
    throw new ZeroError(
      'UNAUTHORIZED',
      `the API is on loopback and not for host ${request.hostname.slice(0, 100)}`,
    );
}

function toZeroError(error: unknown): ZeroError {
  if (isZeroError(error)) return error;
  const { statusCode, message, validation } = error as {
    statusCode?: number;
    message?: string;
    validation?: unknown;
  };
  if (validation !== undefined || (statusCode !== undefined && statusCode < 500)) {
    return new ZeroError(statusCode === 413 ? 'LIMIT_EXCEEDED' : 'USAGE', message ?? 'malformed request', {
      cause: error,
      hint: 'GET /v1/openapi.json describes every request.',
    });
  }
  return new ZeroError('INTERNAL', 'internal error', { cause: error });
}
