// Routes of reputation: standings with their terms, and the statements they follow from.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { rfc3339 } from '../../clock/index.ts';
import type { NodeContext } from '../../context.ts';
import { type ObjectionOrder, object, statementLines } from '../../reputation/index.ts';

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
const eventSchema = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  about: Type.String(),
  rater: Type.Union([Type.String(), Type.Null()]),
  at: Type.String(),
  weight: millionths,
  evidence: Type.Array(Type.String()),
  appealed: Type.Boolean(),
  reversedBy: Type.Array(Type.String()),
});
const idSchema = Type.String({ minLength: 1, maxLength: 128 });
const objectionSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal('appeal'), Type.Literal('reversal')]),
    about: idSchema,
    event: idSchema,
    as: Type.Optional(idSchema),
    note: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { additionalProperties: false },
);
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

  app.get<{ Params: { agentId: string } }>(
    '/v1/reputation/:agentId/events',
    {
      schema: {
        summary: 'The events about one agent, newest first, with who disputes them and who takes them back',
        params: Type.Object({ agentId: Type.String({ minLength: 1, maxLength: 128 }) }),
        response: { 200: Type.Object({ events: Type.Array(eventSchema) }) },
      },
    },
    async (request) => ({
      events: reputation
        .events(request.params.agentId)
        .slice(0, LISTED_MAX)
        .map(({ at, evidence, reversedBy, ...event }) => ({
          ...event,
          at: rfc3339(at),
          evidence: [...evidence],
          reversedBy: [...reversedBy],
        })),
    }),
  );

  app.post<{ Body: ObjectionOrder }>(
    '/v1/reputation-objections',
    {
      schema: {
        summary: 'Appeal against an event, or reverse one: a signed statement in the own log',
        body: objectionSchema,
        response: { 201: Type.Object({ id: Type.String() }) },
      },
    },
    async (request, reply) => reply.status(201).send({ id: await object(node, request.body) }),
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
