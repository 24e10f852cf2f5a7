// Health, figures and upkeep of a served index.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ServerContext } from '../context.ts';
import { errorSchema, statsSchema } from '../schema.ts';

const health = Type.Object({ ok: Type.Boolean(), detail: Type.String() });
const open = { security: [] };

export function registerOperationRoutes(app: FastifyInstance, context: ServerContext): void {
  const { index, metrics, queries, ready, writes } = context;

  app.get('/livez', { schema: { summary: 'The process answers', ...open } }, async () => ({ ok: true }));

  app.get(
    '/readyz',
    { schema: { summary: 'The index can answer', ...open, response: { 200: health, 503: health } } },
    async (_request, reply) => {
      const ok = ready();
      const detail = ok
        ? `${index.stats().cards} cards`
        : 'the embedder is not loaded yet, or the index stops';
      return reply.status(ok ? 200 : 503).send({ ok, detail });
    },
  );

  app.get('/metrics', { schema: { summary: 'Prometheus metrics', ...open } }, async (_request, reply) => {
    for (const [kind, { active, waiting }] of Object.entries({ query: queries, write: writes })) {
      metrics.set('zerostate_index_active', active, { kind });
      metrics.set('zerostate_index_waiting', waiting, { kind });
    }
    const text = await metrics.render(index.stats());
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });

  app.get(
    '/v1/stats',
    { schema: { summary: 'Figures of the index', response: { 200: statsSchema } } },
    async () => index.stats(),
  );

  app.post(
    '/v1/compact',
    {
      schema: {
        summary: 'Rewrite the log with the living cards only; answers when it is done',
        response: {
          200: Type.Object({ before: Type.Integer(), after: Type.Integer() }),
          '4xx': errorSchema,
          '5xx': errorSchema,
        },
      },
    },
    () =>
      writes.run(async () => {
        const before = index.stats().bytesOnDisk;
        await index.compact();
        return { before, after: index.stats().bytesOnDisk };
      }),
  );
}
