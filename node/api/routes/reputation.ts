// Routes of reputation: standings with their terms, and the statements they follow from.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AgentId } from '../../../protocol/identity/index.ts';
import type { Assessment } from '../../../protocol/reputation/index.ts';
import { rfc3339 } from '../../clock/index.ts';
import type { NodeContext } from '../../context.ts';
import { type ObjectionOrder, object, statementLines } from '../../reputation/index.ts';
import { pageAnswer, pageOf, pageQuery, wordsOf } from '../lists/page.ts';
import { pathOf } from '../operations.ts';

/** Events of one answer. */
const EVENTS_LISTED_MAX = 500;

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

const namesSchema = Type.Record(Type.String(), Type.String(), { description: 'Names of agents, by id.' });

export function registerReputationRoutes(app: FastifyInstance, node: NodeContext): void {
  const { reputation } = node;
  const nameOf = (agentId: string) => node.book.get(agentId as AgentId)?.card.name ?? '';
  /** The names of the agents that standings are about and come from, as far as their cards are known. */
  const namesIn = (standings: readonly Assessment[]): Record<string, string> =>
    Object.fromEntries(
      standings
        .flatMap(({ about, terms }) => [
          about,
          ...terms.flatMap(({ rater }) => (rater === null ? [] : [rater])),
        ])
        .map((agentId) => [agentId, nameOf(agentId)])
        .filter(([, name]) => name !== ''),
    );

  app.get<{ Querystring: { limit: number; cursor: string; q: string } }>(
    pathOf('reputation.list'),
    {
      schema: {
        summary: 'Agents with a history, the best first, as this node sees them, a page at a time',
        querystring: Type.Object(pageQuery),
        response: {
          200: Type.Object({
            view: viewSchema,
            standings: Type.Array(standingSchema),
            ...pageAnswer,
            names: namesSchema,
          }),
        },
      },
    },
    async ({ query }) => {
      const ordered = reputation.ranked();
      const words = wordsOf(query.q);
      const { rows, ...page } = pageOf(
        ordered,
        query,
        (agentId) => agentId,
        (agentId) => words.every((word) => `${nameOf(agentId)} ${agentId}`.toLowerCase().includes(word)),
      );
      const standings = rows.map((agentId) => reputation.of(agentId));
      return {
        ...page,
        total: ordered.length,
        view: reputation.view(),
        standings,
        names: namesIn(standings),
      };
    },
  );

  app.get<{ Params: { agentId: string } }>(
    pathOf('reputation.get'),
    {
      schema: {
        summary: 'The standing of one agent, term by term',
        params: Type.Object({ agentId: Type.String({ minLength: 1, maxLength: 128 }) }),
        response: { 200: Type.Object({ view: viewSchema, standing: standingSchema, names: namesSchema }) },
      },
    },
    async (request) => {
      const standing = reputation.of(request.params.agentId);
      return { view: reputation.view(), standing, names: namesIn([standing]) };
    },
  );

  app.get<{ Params: { agentId: string } }>(
    pathOf('reputation.events'),
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
        .slice(0, EVENTS_LISTED_MAX)
        .map(({ at, evidence, reversedBy, ...event }) => ({
          ...event,
          at: rfc3339(at),
          evidence: [...evidence],
          reversedBy: [...reversedBy],
        })),
    }),
  );

  app.post<{ Body: ObjectionOrder }>(
    pathOf('reputation.object'),
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
    pathOf('reputation.log'),
    {
      schema: { summary: 'The signed statements that standings follow from, a line each, to recompute them' },
    },
    async (_request, reply) =>
      reply.type('application/x-ndjson').send(Readable.from(statementLines(node.store))),
  );
}
