// Routes for agents that speak A2A: signed cards and the AI Catalog for everybody, JSON-RPC for who has the token.

import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { A2A_CARD_TYPE, AI_CATALOG_TYPE, a2aCardOf, catalogOf, servedAgent } from '../../a2a/cards.ts';
import type { A2aServer } from '../../a2a/server.ts';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

/** A card may be kept for so long; it is signed anew for every request, and a revoked one is not served. */
const CACHE_CONTROL = 'public, max-age=60';
const anything = Type.Unsafe<object>({ type: 'object', additionalProperties: true });
const params = Type.Object({ agentId: Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }) });

export function registerA2aRoutes(app: FastifyInstance, node: NodeContext): void {
  /** Where this client reaches us: behind a proxy, what the configuration says. */
  const baseOf = (request: FastifyRequest): string =>
    node.config.api.publicUrl === ''
      ? `${request.protocol}://${request.host}`
      : node.config.api.publicUrl.replace(/\/$/, '');
  // Loaded with the first request: most nodes are never asked.
  let server: Promise<A2aServer> | undefined;
  const serving = () => {
    server ??= import('../../a2a/server.ts').then((module) => new module.A2aServer(node));
    return server;
  };

  app.get(
    '/.well-known/agent-card.json',
    {
      schema: {
        summary: 'Signed A2A card of the first agent here',
        security: [],
        response: { 200: anything },
      },
    },
    async (request, reply) => {
      const card = a2aCardOf(node, servedAgent(node), baseOf(request));
      return reply.type('application/json').header('cache-control', CACHE_CONTROL).send(card);
    },
  );

  app.get(
    '/.well-known/ai-catalog.json',
    { schema: { summary: 'AI Catalog of the agents here', security: [], response: { 200: anything } } },
    async (request, reply) => {
      const catalog = catalogOf(node, baseOf(request));
      return reply.type(AI_CATALOG_TYPE).header('cache-control', CACHE_CONTROL).send(catalog);
    },
  );

  app.get<{ Params: { agentId: string } }>(
    '/a2a/:agentId/agent-card.json',
    {
      schema: {
        summary: 'Signed A2A card of an agent here',
        security: [],
        params,
        response: { 200: anything },
      },
    },
    async (request, reply) => {
      const card = a2aCardOf(node, servedAgent(node, request.params.agentId), baseOf(request));
      return reply.type(A2A_CARD_TYPE).header('cache-control', CACHE_CONTROL).send(card);
    },
  );

  app.post<{ Params: { agentId: string }; Body: unknown }>(
    pathOf('a2a.request'),
    { schema: { summary: 'A2A 1.0 over JSON-RPC: send a message, follow its task', params } },
    async (request, reply) => {
      const version = request.headers['a2a-version'];
      const answer = await (await serving()).handle(request.params.agentId, baseOf(request), {
        body: request.body,
        version: typeof version === 'string' ? version : undefined,
      });
      if (!(Symbol.asyncIterator in answer)) return reply.send(answer);
      const events = async function* () {
        for await (const event of answer) yield `data: ${JSON.stringify(event)}\n\n`;
      };
      return reply
        .type('text/event-stream')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(Readable.from(events()));
    },
  );
}
