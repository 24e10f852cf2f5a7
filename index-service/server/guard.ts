// Who may ask: a bearer token on everything but health, metrics and the description of the API; and on loopback no other host name.

import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]', '::1']);
const OPEN = new Set(['/livez', '/readyz', '/metrics', '/v1/openapi.json']);

/** Refuses before a byte of the body is read. */
export function guard(app: FastifyInstance, options: { host: string; token: string }): void {
  // Digests have one length, so that comparing says nothing of the token's.
  const expected = sha256(utf8(`Bearer ${options.token}`));
  app.addHook('onRequest', async (request) => {
    checkHost(request, options.host);
    if (OPEN.has(request.url.split('?')[0] ?? '')) return;
    const given = sha256(utf8(request.headers.authorization ?? ''));
    if (!timingSafeEqual(given, expected))
      throw new ZeroError('UNAUTHORIZED', 'the bearer token is missing or wrong', {
        hint: 'Send "Authorization: Bearer TOKEN"; the server printed where its token file is.',
      });
  });
}

/** A web page must not reach a server on loopback through a name of its own that resolves to it. */
function checkHost(request: FastifyRequest, host: string): void {
  if (LOOPBACK.has(host) && !LOOPBACK.has(request.hostname))
    throw new ZeroError(
      'UNAUTHORIZED',
      `this server is on loopback and not for host ${request.hostname.slice(0, 100)}`,
    );
}
