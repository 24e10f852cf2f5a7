// What somebody is answered whose request gives way: when to come back, as a header and in the details.

import type { FastifyReply } from 'fastify';
import { ZeroError } from '../../protocol/errors/index.ts';
import { overloadedText, RETRY_MS } from '../admission/index.ts';

/** The error to throw, with the header that goes with it set; `why` is added to what is said. */
export function givesWay(reply: FastifyReply, work: keyof typeof RETRY_MS, why = ''): ZeroError {
  const retryMs = RETRY_MS[work];
  reply.header('retry-after', String(Math.ceil(retryMs / 1_000)));
  return new ZeroError('OVERLOADED', `${overloadedText(work)}${why}`, { details: { class: work, retryMs } });
}
