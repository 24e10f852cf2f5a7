// The logs for everybody, without a token: C2SP tlog-tiles below /log/<peer id>/. What may be read is decided in log-service/resources.ts.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ORIGIN_PREFIX } from '../../../protocol/log/index.ts';
import type { NodeContext } from '../../context.ts';

const TYPES = {
  text: 'text/plain; charset=utf-8',
  binary: 'application/octet-stream',
  json: 'application/json; charset=utf-8',
} as const;

const params = Type.Object({ peer: Type.String({ maxLength: 64 }), '*': Type.String({ maxLength: 128 }) });

export function registerTileRoutes(app: FastifyInstance, node: Pick<NodeContext, 'logResources'>): void {
  app.get<{ Params: { peer: string; '*': string } }>(
    '/log/:peer/*',
    {
      schema: {
        summary:
          'A log as C2SP tlog-tiles: checkpoint, tile/…; also checkpoint/SIZE, witnessed, key, evidence',
        params,
        security: [],
      },
    },
    async (request, reply) => {
      const { peer, '*': path } = request.params;
      const { bytes, isImmutable, type } = await node.logResources.read(ORIGIN_PREFIX + peer, path);
      return await reply
        .header('content-type', TYPES[type])
        .header('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
        .header('x-content-type-options', 'nosniff')
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );
}
