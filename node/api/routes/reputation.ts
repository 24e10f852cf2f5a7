// Routes of reputation: standings with their terms, and the statements they follow from.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { statementLines } from '../../reputation/index.ts';

/** Standings of one answer. */
const LISTED_MAX = 500;

const millionths = Type.Integer({ minimum: 0, description: 'In millionths.' });
export const standingSchema = Type.Object({
  about: Type.String(),
  status: Type.Union([Type.Literal('unproven'), Type.Literal('rated'), Type.Literal('slashed')]),
  score: millionths,
  lower: millionths,
  good: millionths,
  bad: millionths,
  events: Type.Integer(),
  terms: Type.Array(
    Type.Object({
      side: Type.String(),
      source: Type.String(),
      rater: Type.Union([Type.String(), Type.Null()]),
      said: millionths,
      counted: millionths,
      events: Type.Integer(),
      evidence: Type.Array(Type.String()),
      note: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
});
const viewSchema = Type.Object({
  own: Type.Array(Type.String()),
  partners: Type.Array(Type.String()),
  day: Type.Integer(),
});

export function registerReputationRoutes(app: FastifyInstance, node: NodeContext): void {
  const { reputation } = node;

  app.get(
    '/v1/reputation',
    {
      schema: {
        summary: 'Agents with a history, the best first, as this node sees them',
        response: { 200: Type.Object({ view: viewSchema, standings: Type.Array(standingSchema) }) },
      },
    },
    async () => ({ view: reputation.view(), standings: reputation.list(LISTED_MAX) }),
  );

  app.get<{ Params: { agentId: string } }>(
    '/v1/reputation/:agentId',
    {
      schema: {
        summary: 'The standing of one agent, term by term',
        params: Type.Object({ agentId: Type.String({ minLength: 1, maxLength: 128 }) }),
        response: { 200: Type.Object({ view: viewSchema, standing: standingSchema }) },
      },
    },
    async (request) => ({ view: reputation.view(), standing: reputation.of(request.params.agentId) }),
  );

  app.get(
    '/v1/reputation-log',
    {
      schema: { summary: 'The signed statements that standings follow from, a line each, to recompute them' },
    },
    async (_request, reply) =>
      reply.type('application/x-ndjson').send(Readable.from(statementLines(node.store))),
  );
}
