// Who may do what on the API, how often, and once for a key: hooks that every route passes. What a route needs stands in operations.ts.

import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import { TokenBuckets } from '../admission/token-bucket.ts';
import type { Clock } from '../clock/index.ts';
import { IDEMPOTENCY_HEADER_CHARS_MAX, type IdempotencyBook } from './idempotency.ts';
import {
  allows,
  OPERATIONS,
  type OperationName,
  operationAsked,
  operationOf,
  type Scope,
} from './operations.ts';
import { type TokenBook, tokenOf } from './tokens.ts';

/** Name of the owner's own token in limits and keys. */
const OWNER = '(owner)';

export interface AccessOptions {
  /** The owner's token: it may do everything. */
  readonly token: string;
  readonly tokens: TokenBook;
  readonly answers: IdempotencyBook;
  readonly clock: Clock;
  /** Requests a second of one token, and four seconds' worth at once. */
  readonly requestsPerSecond: number;
}

/** Seconds of requests that a token may make at once. */
const BURST_SECONDS = 4;

/** Paths that need no token, for they say nothing that is secret: health, the console's files, the cards that are public anyway. */
function isOpen(path: string): boolean {
  return !path.startsWith('/v1/') && (!path.startsWith('/a2a/') || path.endsWith('/agent-card.json'));
}

/** What stops things has a budget of its own for each token: a program that asks for too much can still take back what it began. */
const URGENT: ReadonlySet<OperationName> = new Set([
  'tasks.cancel',
  'cards.revoke',
  'provenance.revoke',
  'tokens.revoke',
  'quarantine.order',
  'policy.rollback',
]);

/** Whether an operation stops things. */
export const isUrgent = (id: OperationName): boolean => URGENT.has(id);

/** Adds the hooks. */
export function guard(app: FastifyInstance, options: AccessOptions): void {
  const { answers, clock, requestsPerSecond, tokens } = options;
  const owner = Buffer.from(options.token);
  const rate = { clock, perSecond: requestsPerSecond, burst: requestsPerSecond * BURST_SECONDS };
  const buckets = new TokenBuckets(rate);
  const urgent = new TokenBuckets(rate);

  /** Who asks, by the token that was given. Throws UNAUTHORIZED. */
  function callerOf(request: FastifyRequest): { name: string; scope: Scope } {
    const given = tokenOf(request.headers.authorization);
    const bytes = Buffer.from(given ?? '');
    if (bytes.length === owner.length && timingSafeEqual(bytes, owner))
      return { name: OWNER, scope: 'admin' };
    const known = given === undefined ? undefined : tokens.find(given);
    if (known !== undefined) return known;
    throw new ZeroError('UNAUTHORIZED', 'the bearer token is missing, wrong or at its end');
  }

  const served = new Set<string>();
  app.addHook('onRoute', (route) => {
    // What answers GET answers HEAD, too.
    if (route.method === 'HEAD') return;
    const operation = operationOf(String(route.method), route.url);
    if (operation === undefined) {
      if (isOpen(route.url)) return;
      throw new ZeroError(
        'INTERNAL',
        `${route.method} ${route.url} is a route and no operation of the manifest`,
      );
    }
    served.add(operation.id);
    route.schema = { ...route.schema, operationId: operation.id, security: [{ token: [operation.scope] }] };
  });
  app.addHook('onReady', async () => {
    const missing = OPERATIONS.filter(({ id }) => !served.has(id)).map(({ id }) => id);
    if (missing.length > 0)
      throw new ZeroError('INTERNAL', `operations of the manifest without a route: ${missing.join(', ')}`);
  });

  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?')[0] as string;
    if (isOpen(path)) return;
    const caller = callerOf(request);
    const asked = operationOf(request.method, request.routeOptions.url ?? '')?.id;
    if (!(asked !== undefined && isUrgent(asked) ? urgent : buckets).take(caller.name)) {
      reply.header('retry-after', '1');
      throw new ZeroError('BUSY', `a token may make ${requestsPerSecond} requests a second`);
    }
    const route = request.routeOptions.url;
    const needs = route === undefined ? 'read' : (operationAsked(request.method, route)?.scope ?? 'admin');
    if (!allows(caller.scope, needs))
      throw new ZeroError(
        'FORBIDDEN',
        `this needs a token of scope ${needs}; "${caller.name}" is of scope ${caller.scope}`,
      );
    callers.set(request, caller.name);
  });

  const callers = new WeakMap<FastifyRequest, string>();
  const keys = new WeakMap<FastifyRequest, string>();
  app.addHook('preHandler', async (request, reply) => {
    const given = request.headers['idempotency-key'];
    const caller = callers.get(request);
    if (given === undefined || caller === undefined || request.method !== 'POST') return;
    if (typeof given !== 'string' || given === '' || given.length > IDEMPOTENCY_HEADER_CHARS_MAX)
      throw new ZeroError(
        'USAGE',
        `an idempotency key has between 1 and ${IDEMPOTENCY_HEADER_CHARS_MAX} characters`,
      );
    if (!isPlain(request.body))
      throw new ZeroError(
        'USAGE',
        'a stream has no idempotency key: what is stored by content is stored once anyway',
      );
    const key = answers.digest(caller, given);
    const asked = answers.digest(request.method, request.url, JSON.stringify(request.body ?? null));
    const before = answers.begin(key, asked);
    if (before === undefined) keys.set(request, key);
    else await replay(reply, before.status, before.payload ?? '');
  });
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const key = keys.get(request);
    if (key === undefined) return payload;
    keys.delete(request);
    const passing = reply.statusCode >= 500 || reply.statusCode === 429;
    const text = typeof payload === 'string' ? payload : null;
    const operation = operationOf(request.method, request.routeOptions.url ?? '');
    const answer = { status: reply.statusCode, payload: text, secret: operation?.secret === true };
    await answers.end(key, passing ? undefined : answer);
    return payload;
  });
}

async function replay(reply: FastifyReply, status: number, payload: string): Promise<void> {
  await reply
    .status(status)
    .header('idempotency-replayed', 'true')
    .type('application/json; charset=utf-8')
    .serializer((text: string) => text)
    .send(payload);
}

/** JSON that was read whole, not a stream. */
const isPlain = (body: unknown): boolean =>
  body === undefined || body === null || typeof body !== 'object' || !('pipe' in body);
