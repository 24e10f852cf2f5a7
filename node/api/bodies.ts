// Large bodies of requests: each is held whole, read as JSON and looked at in the one thread of the node, so few are taken at the same moment and
// the others are asked to come again. Without that, some authorised programs that send megabytes at once keep /livez waiting, and hold memory without bound.

import { Transform } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Overload } from '../admission/index.ts';
import { givesWay } from './give-way.ts';
import { operationOf } from './operations.ts';

/** Bytes up to which a body is not counted: as many as a connection takes anyway. */
export const TINY_BODY_BYTES_MAX = 65_536;
/** Bytes up to which a body is not large: a task with a usual module. Reading one takes some milliseconds. */
export const SMALL_BODY_BYTES_MAX = 1_048_576;
/** Bytes of small bodies under way in all: hundreds, as they come from slow programs. */
export const SMALL_BODIES_BYTES_MAX = 128 * 1024 * 1024;
/** Bytes of large bodies under way in all: the largest (`BODY_BYTES_MAX`) and some beside it. What these take of the thread is a second or two. */
export const LARGE_BODIES_BYTES_MAX = 32 * 1024 * 1024;

/** Adds the hooks. They come after the one that says who may ask. */
export function boundBodies(app: FastifyInstance, overload: Overload): void {
  const most = { small: SMALL_BODIES_BYTES_MAX, large: LARGE_BODIES_BYTES_MAX };
  const held = { small: 0, large: 0 };
  const holders = new WeakMap<FastifyReply, typeof held>();
  /** Counts bytes until their request has ended. Throws OVERLOADED. */
  const hold = (size: keyof typeof held, bytes: number, reply: FastifyReply): void => {
    if (held[size] + bytes > most[size]) {
      overload.refuse('timed');
      throw givesWay(reply, 'timed', `: others with ${size === 'large' ? 'large ' : ''}bodies are under way`);
    }
    held[size] += bytes;
    const mine = holders.get(reply) ?? { small: 0, large: 0 };
    if (!holders.has(reply))
      reply.raw.once('close', () => {
        held.small -= mine.small;
        held.large -= mine.large;
      });
    mine[size] += bytes;
    holders.set(reply, mine);
  };
  app.addHook('onRequest', async (request, reply) => {
    const length = Number(request.headers['content-length'] ?? 0);
    // One that is over the limit of its route is refused before it is read.
    const isCounted = length > TINY_BODY_BYTES_MAX && length <= request.routeOptions.bodyLimit;
    if (isCounted && !isStreamed(request.method, request.routeOptions.url))
      hold(sizeOf(length), length, reply);
  });
  app.addHook('preParsing', async (request, reply, payload) => {
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    if (length !== undefined || chunked === undefined) return payload;
    if (isStreamed(request.method, request.routeOptions.url)) return payload;
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        try {
          if (size > TINY_BODY_BYTES_MAX) hold(sizeOf(size), chunk.length, reply);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
    payload.once('error', (error) => counted.destroy(error));
    return payload.pipe(counted);
  });
}

const sizeOf = (bytes: number): 'small' | 'large' => (bytes > SMALL_BODY_BYTES_MAX ? 'large' : 'small');

/** What is written to disk as it comes is held by nobody. */
const isStreamed = (method: string, url: string | undefined): boolean =>
  operationOf(method, url ?? '')?.id === 'artifacts.add';
