// Bounds the bytes of all bodies that are being read or worked on at once: a body is in memory before its route has a say, so the gates
// of the routes come too late for it.

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import { LINES_TYPE } from './forms.ts';
import { BODIES_BYTES_MAX, BODY_BYTES_MAX } from './limits.ts';

/** Refuses a request whose body has no room, before a byte of it is read. */
export function boundBodies(app: FastifyInstance, onRefused: () => void): void {
  let inUse = 0;
  app.addHook('onRequest', async (request, reply) => {
    const bytes = bytesOf(request);
    if (bytes === 0) return;
    if (inUse + bytes > BODIES_BYTES_MAX) {
      onRefused();
      throw new ZeroError('INDEX_OVERLOADED', 'too many bytes of requests are in memory');
    }
    inUse += bytes;
    // Comes in any case: after the answer, and when the caller goes away.
    reply.raw.once('close', () => {
      inUse -= bytes;
    });
  });
}

/** Bytes that a body may take; a streamed import is read at the pace of the disk and bounded line by line. */
function bytesOf({ headers }: FastifyRequest): number {
  if (headers['content-type']?.startsWith(LINES_TYPE)) return 0;
  const declared = Number(
    headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? 0 : BODY_BYTES_MAX),
  );
  // What claims to be longer is refused by its length.
  return Number.isFinite(declared) ? Math.min(declared, BODY_BYTES_MAX) : BODY_BYTES_MAX;
}
