// Turns whatever a route throws into one typed error and its HTTP answer.

import type { FastifyInstance, FastifyReply } from 'fastify';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { IndexLogger } from '../interface.ts';
import { RETRY_AFTER_SECONDS } from './limits.ts';

/** The typed error of a request that failed. */
export function typedError(error: unknown): ZeroError {
  if (isZeroError(error)) return error;
  const { statusCode, message, validation } = error as {
    statusCode?: number;
    message?: string;
    validation?: unknown;
  };
  if (statusCode === 503) return new ZeroError('INDEX_CLOSED', 'the index server is stopping');
  if (validation === undefined && (statusCode === undefined || statusCode >= 500))
    return new ZeroError('INTERNAL', 'internal error', { cause: error });
  return new ZeroError(statusCode === 413 ? 'LIMIT_EXCEEDED' : 'USAGE', message ?? 'malformed request', {
    cause: error,
    hint: 'GET /v1/openapi.json describes every request.',
  });
}

/** Answers with an error. */
export function sendError(reply: FastifyReply, error: ZeroError): void {
  if (error.http === 503 || error.http === 429) void reply.header('retry-after', RETRY_AFTER_SECONDS);
  void reply.status(error.http < 400 ? 500 : error.http).send({ error: error.toJSON() });
}

/** Sets the handlers for errors and unknown routes. */
export function handleErrors(app: FastifyInstance, log: IndexLogger | undefined): void {
  app.setErrorHandler((error, _request, reply) => {
    const typed = typedError(error);
    if (typed.code === 'INTERNAL') log?.warn({ err: error }, 'request failed');
    sendError(reply, typed);
  });
  app.setNotFoundHandler((request) => {
    throw new ZeroError(
      'NOT_FOUND',
      `no route ${request.method} ${request.url.split('?')[0]?.slice(0, 100)}`,
      {
        hint: 'GET /v1/openapi.json lists every route.',
      },
    );
  });
}
