// An index as an HTTP server of its own: forms, guard, gates, routes and an orderly end. Opening and closing the index is the
// caller's.

import fastifySwagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { CardIndex, IndexLogger } from '../interface.ts';
import { boundBodies } from './bodies.ts';
import type { ServerContext } from './context.ts';
import { handleErrors, sendError, typedError } from './errors.ts';
import { useForms } from './forms.ts';
import { Gate } from './gate.ts';
import { guard } from './guard.ts';
import * as limits from './limits.ts';
import { indexMetrics } from './metrics.ts';
import { registerCardRoutes } from './routes/cards.ts';
import { registerHoldingRoutes } from './routes/holdings.ts';
import { registerImportRoute } from './routes/import.ts';
import { registerOperationRoutes } from './routes/operations.ts';
import { registerQueryRoutes } from './routes/query.ts';
import { filterSchema } from './schema.ts';

export interface ServeOptions {
  readonly index: CardIndex;
  /** Bearer token that callers must send; loadOrCreateToken keeps one in a file. */
  readonly token: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly log?: IndexLogger;
  /** Count Node's own process metrics too: for one index a process. */
  readonly processMetrics?: boolean;
  /** Slots of the gate; defaults are in limits.ts. */
  readonly queriesActiveMax?: number;
  readonly queriesWaitingMax?: number;
}

export interface IndexServer {
  readonly url: string;
  /** Resolves when the embedder is loaded and /readyz says so. Never rejects: /readyz goes on saying no. */
  readonly warm: Promise<void>;
  /** Takes no more requests, lets those under way end, then closes. The index stays open. */
  close(): Promise<void>;
}

/** Serves an index. Throws PORT_IN_USE, or USAGE for an address that cannot be listened on. */
export async function serveIndex(options: ServeOptions): Promise<IndexServer> {
  const { index, log, host = '127.0.0.1', port = 0 } = options;
  let ready = false;
  const metrics = indexMetrics({ processMetrics: options.processMetrics === true });
  const gate = (kind: string, activeMax: number, waitingMax: number) =>
    new Gate({
      activeMax,
      waitingMax,
      waitMsMax: limits.WAIT_MS_MAX,
      onRefused: () => metrics.count('zerostate_index_overloaded_total', { kind }),
    });
  const context: ServerContext = {
    index,
    metrics,
    log,
    queries: gate(
      'query',
      options.queriesActiveMax ?? limits.QUERIES_ACTIVE_MAX,
      options.queriesWaitingMax ?? limits.QUERIES_WAITING_MAX,
    ),
    writes: gate('write', limits.WRITES_ACTIVE_MAX, limits.WRITES_WAITING_MAX),
    ready: () => ready,
  };
  const app = await makeApp(context, { host, token: options.token });
  const url = await listen(app, host, port);
  const warm = index.warmUp().then(
    () => {
      ready = true;
    },
    (error: unknown) => log?.warn({ err: error }, 'the index cannot warm up'),
  );
  const close = async () => {
    ready = false;
    const cut = setTimeout(() => app.server.closeAllConnections(), limits.STOP_MS_MAX);
    try {
      await app.close();
    } finally {
      clearTimeout(cut);
    }
    await warm;
  };
  return { url, warm, close };
}

async function makeApp(
  context: ServerContext,
  options: { host: string; token: string },
): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: limits.BODY_BYTES_MAX,
    requestTimeout: limits.REQUEST_MS_MAX,
    connectionTimeout: limits.IDLE_MS_MAX,
    forceCloseConnections: 'idle',
    logger: false,
    routerOptions: { maxParamLength: 256 },
    // What fastify refuses before any hook has its answer in the same form.
    frameworkErrors: (error, _request, reply) => sendError(reply, typedError(error)),
    // An unknown member is an error, never dropped: a filter without its condition would answer too much.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: true } },
  });
  app.server.maxConnections = limits.CONNECTIONS_MAX;
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    context.metrics.count('zerostate_index_requests_total', { route, status: String(reply.statusCode) });
    context.metrics.observe('zerostate_index_request_seconds', { route }, reply.elapsedTime / 1_000);
  });
  // The form comes first, so that refusals are in it too.
  useForms(app);
  guard(app, options);
  boundBodies(app, () => context.metrics.count('zerostate_index_overloaded_total', { kind: 'body' }));
  handleErrors(app, context.log);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'zerostate card index', version: '1' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
  });
  app.addSchema(filterSchema);
  registerQueryRoutes(app, context);
  registerCardRoutes(app, context);
  registerHoldingRoutes(app, context);
  registerImportRoute(app, context);
  registerOperationRoutes(app, context);
  app.get('/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app;
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ZeroError('PORT_IN_USE', `port ${port} on ${host} is taken`, { cause });
    throw new ZeroError('USAGE', `the index cannot listen on ${host}:${port}`, { cause });
  }
}
