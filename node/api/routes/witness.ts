// This node as a witness for anybody who can reach the API: C2SP tlog-witness below /witness/, without a token. What is cosigned is
// decided in log-service/witness.ts.

import type { FastifyInstance } from 'fastify';
import { ADD_CHECKPOINT_BYTES_MAX, formatVerifierKey } from '../../../protocol/log/index.ts';
import { TokenBuckets } from '../../admission/token-bucket.ts';
import type { NodeContext } from '../../context.ts';

/** Requests of one address: each that is granted costs a signature and a write to the disk. */
const PER_SECOND = 5;
const BURST = 50;

export async function registerWitnessRoutes(
  app: FastifyInstance,
  node: Pick<NodeContext, 'clock' | 'witness'>,
): Promise<void> {
  const buckets = new TokenBuckets({ clock: node.clock, perSecond: PER_SECOND, burst: BURST });
  await app.register(async (scope) => {
    // The specification names no content type for the request.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post<{ Body: Buffer | undefined }>(
      '/witness/add-checkpoint',
      {
        bodyLimit: ADD_CHECKPOINT_BYTES_MAX,
        schema: { summary: 'Cosign the head of a log (C2SP tlog-witness)', security: [] },
      },
      async (request, reply) => {
        if (!buckets.take(request.ip)) return await reply.status(429).type('text/plain').send('try later\n');
        const { status, type, body } = await node.witness.answer(request.body ?? new Uint8Array(), null);
        return await reply.status(status).header('content-type', type).send(body);
      },
    );
  });
  app.get(
    '/witness/key',
    { schema: { summary: 'The verifier key under which this node cosigns', security: [] } },
    async (_request, reply) =>
      await reply.type('text/plain').send(`${formatVerifierKey(node.witness.key)}\n`),
  );
}
