// The API of backups: the database of the node as one stream. Keys never go over the API.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

export function registerBackupRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get(
    pathOf('node.backup'),
    {
      schema: {
        summary:
          'The database as it stands now, in the frames that "zerostate backup" writes into its file; no keys',
        produces: ['application/octet-stream'],
      },
    },
    async (_request, reply) =>
      reply
        .type('application/octet-stream')
        .send(Readable.from(await node.backups.begin(), { objectMode: false })),
  );
}
