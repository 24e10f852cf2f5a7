// Routes of the logs and of revocations.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { logNamed } from '../../log-service/index.ts';
import { logsView, logView, revocationView } from '../../views.ts';
import { logsViewSchema, logViewSchema, revocationViewSchema } from '../views.ts';

/** Revocations of one answer: some 400 kB of JSON. */
const LISTED_MAX = 1_000;
const query = Type.Object({
  origin: Type.Optional(Type.String({ maxLength: 256 })),
  log: Type.String({ default: '', maxLength: 256, description: 'The same as a peer id or node name.' }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
});

export function registerLogRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get<{ Querystring: { origin?: string; log: string; limit: number } }>(
    '/v1/log',
    {
      schema: {
        summary: 'Head and newest entries of a log (default: the own one)',
        querystring: query,
        response: { 200: logViewSchema },
      },
    },
    async (request) =>
      logView(node, request.query.origin ?? logNamed(node, request.query.log), request.query.limit),
  );
  app.get(
    '/v1/logs',
    { schema: { summary: 'Every log held', response: { 200: logsViewSchema } } },
    async () => logsView(node),
  );
  app.get(
    '/v1/revocations',
    {
      schema: {
        summary: 'Revocations known, newest first',
        response: { 200: Type.Object({ revocations: Type.Array(revocationViewSchema) }) },
      },
    },
    async () => ({
      revocations: node.revocations.list(LISTED_MAX).map((known) => revocationView(node, known)),
    }),
  );
}
