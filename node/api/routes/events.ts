// The event stream (server-sent events). A watcher that does not read is cut off, and one whose token was ended hears nothing more; who may
// can come back and read the lists again.

import type { FastifyInstance } from 'fastify';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';
import { type TokenBook, tokenOf } from '../tokens.ts';

/** Watchers at once. */
const WATCHERS_MAX = 64;
/** Bytes that may wait for a slow watcher. */
const BACKLOG_BYTES_MAX = 1024 * 1024;
/** Keeps proxies and the watcher sure that the stream lives. */
const HEARTBEAT_MS = 15_000;

export function registerEventRoutes(app: FastifyInstance, node: NodeContext, tokens: TokenBook): void {
  let watchers = 0;
  app.get(
    pathOf('node.events'),
    {
      schema: { summary: 'What happens, as server-sent events: card, receipt, revocation, head, peer, task' },
    },
    async (request, reply) => {
      const token = tokenOf(request.headers.authorization);
      // The owner's own token is not in the book, and has no end.
      const ends = token !== undefined && tokens.find(token) !== undefined;
      const mayHear = () => !ends || tokens.find(token) !== undefined;
      if (watchers >= WATCHERS_MAX) throw new ZeroError('BUSY', `${watchers} watch already`);
      watchers += 1;
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write(': zerostate\n\n');
      const tell = (text: string) => {
        if (mayHear()) raw.write(text);
        else raw.end();
      };
      const unwatch = node.events.watch(({ kind, data }) => {
        tell(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
        if (raw.writableLength > BACKLOG_BYTES_MAX) raw.destroy();
      });
      const heartbeat = setInterval(() => tell(': still here\n\n'), HEARTBEAT_MS);
      raw.on('close', () => {
        clearInterval(heartbeat);
        unwatch();
        watchers -= 1;
      });
    },
  );
}
