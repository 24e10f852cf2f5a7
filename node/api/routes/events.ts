// The event stream (server-sent events). A watcher that does not read is cut off; it can come back and read the lists again.

import type { FastifyInstance } from 'fastify';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

/** Watchers at once. */
const WATCHERS_MAX = 64;
/** Bytes that may wait for a slow watcher. */
const BACKLOG_BYTES_MAX = 1024 * 1024;
/** Keeps proxies and the watcher sure that the stream lives. */
const HEARTBEAT_MS = 15_000;

export function registerEventRoutes(app: FastifyInstance, node: NodeContext): void {
  let watchers = 0;
  app.get(
    pathOf('node.events'),
    {
      schema: { summary: 'What happens, as server-sent events: card, receipt, revocation, head, peer, task' },
    },
    async (_request, reply) => {
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
      const unwatch = node.events.watch(({ kind, data }) => {
        raw.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
        if (raw.writableLength > BACKLOG_BYTES_MAX) raw.destroy();
      });
      const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS);
      raw.on('close', () => {
        clearInterval(heartbeat);
        unwatch();
        watchers -= 1;
      });
    },
  );
}
