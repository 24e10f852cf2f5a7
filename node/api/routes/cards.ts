// Routes of agent cards: list, show, resolve, publish, update, rotate, revoke.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { decodeEnvelope, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { BookEntry } from '../../cards/card-book.ts';
import type { NodeContext } from '../../context.ts';
import { cardView } from '../../views.ts';
import { CardList, type CardsAsked } from '../lists/card-list.ts';
import { pageAnswer, pageQuery } from '../lists/page.ts';
import { pathOf } from '../operations.ts';
import { cardViewSchema } from '../views.ts';

/** Form of an agent id: 'zs:' and a content id. */
const agentParams = Type.Object({ agentId: Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }) });
const draftBody = Type.Object(
  { draft: Type.Unsafe<object>({ type: 'object', additionalProperties: true }) },
  { additionalProperties: false },
);
const status = Type.Union([Type.Literal('valid'), Type.Literal('revoked'), Type.Literal('expired')]);
const listQuery = Type.Object({
  ...pageQuery,
  status: Type.Optional(status),
  region: Type.String({ maxLength: 64, default: '' }),
  host: Type.String({ maxLength: 128, default: '', description: 'Peer id of the node it lives on.' }),
  sort: Type.Union([Type.Literal('name'), Type.Literal('issued'), Type.Literal('known')], {
    default: 'known',
    description: 'By name, the newest first, or as they became known.',
  }),
});
const listSchema = Type.Object({
  cards: Type.Array(cardViewSchema),
  ...pageAnswer,
  counts: Type.Object({ valid: Type.Integer(), revoked: Type.Integer(), expired: Type.Integer() }),
  regions: Type.Array(Type.String()),
});
const revokeBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500 }), forever: Type.Boolean({ default: false }) },
  { additionalProperties: false },
);
const rotateBody = Type.Object(
  {
    identity: Type.Boolean({ default: false }),
    draft: Type.Optional(Type.Unsafe<object>({ type: 'object', additionalProperties: true })),
  },
  { additionalProperties: false },
);
const resolvedSchema = Type.Intersect([
  cardViewSchema,
  Type.Object({ source: Type.Union([Type.Literal('dht'), Type.Literal('log')]) }),
]);
const positionSchema = Type.Object({
  origin: Type.String(),
  index: Type.Integer(),
  statementId: Type.String(),
});

export function registerCardRoutes(app: FastifyInstance, node: NodeContext): void {
  const withEnvelope = (entry: BookEntry) => ({
    ...cardView(node, entry),
    envelope: envelopeToJson(decodeEnvelope(entry.bytes)),
  });

  const list = new CardList(node);
  app.get<{ Querystring: CardsAsked }>(
    pathOf('cards.list'),
    {
      schema: {
        summary: 'Cards known, a page at a time',
        querystring: listQuery,
        response: { 200: listSchema },
      },
    },
    async ({ query }) => {
      const { rows, ...found } = list.find(query);
      return { ...found, cards: rows.map((entry) => cardView(node, entry)), regions: [...found.regions] };
    },
  );

  app.get<{ Params: { agentId: string } }>(
    pathOf('cards.get'),
    {
      schema: {
        summary: 'One card with its signed envelope',
        params: agentParams,
        response: { 200: cardViewSchema },
      },
    },
    async (request) => {
      const entry = await node.cards.resolve(request.params.agentId);
      if (entry === undefined)
        throw new ZeroError('NOT_FOUND', 'no card of that agent is known, nor found in the DHT');
      return withEnvelope(entry);
    },
  );

  app.get<{ Params: { agentId: string } }>(
    pathOf('cards.resolve'),
    {
      schema: {
        summary: 'Look the card up in the DHT',
        params: agentParams,
        response: { 200: resolvedSchema },
      },
    },
    async (request) => {
      const found = await node.cards.lookup(request.params.agentId);
      if (found === undefined)
        throw new ZeroError('NOT_FOUND', 'no card of that agent is known, nor found in the DHT');
      return { ...withEnvelope(found.entry), source: found.source };
    },
  );

  app.post<{ Body: { draft: object } }>(
    pathOf('cards.publish'),
    {
      schema: {
        summary: 'Make an agent and publish its card',
        body: draftBody,
        response: { 201: cardViewSchema },
      },
    },
    async (request, reply) => {
      const entry = await node.cards.publish(request.body.draft);
      return reply.status(201).send(cardView(node, entry));
    },
  );

  app.post<{ Params: { agentId: string }; Body: { draft: object } }>(
    pathOf('cards.update'),
    {
      schema: {
        summary: 'Publish a new version of a local agent’s card',
        params: agentParams,
        body: draftBody,
        response: { 200: cardViewSchema },
      },
    },
    async (request) => cardView(node, await node.cards.update(request.params.agentId, request.body.draft)),
  );

  app.post<{ Params: { agentId: string }; Body: { identity: boolean; draft?: object } }>(
    pathOf('cards.rotate'),
    {
      schema: {
        summary: 'Give a local agent new keys and publish its card under them',
        params: agentParams,
        body: rotateBody,
        response: { 200: cardViewSchema },
      },
    },
    async (request) => cardView(node, await node.cards.rotate(request.params.agentId, request.body)),
  );

  app.post<{ Params: { agentId: string }; Body: { reason: string; forever: boolean } }>(
    pathOf('cards.revoke'),
    {
      schema: {
        summary: 'Revoke a local agent’s cards, or the agent for ever',
        params: agentParams,
        body: revokeBody,
        response: { 200: positionSchema },
      },
    },
    async (request) =>
      node.revocations.revoke(request.params.agentId, request.body.reason, request.body.forever),
  );
}
