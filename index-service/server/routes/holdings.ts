// What another index needs to use this one as its vector engine: which cards are here, and reputations for its filters.

import type { FastifyInstance } from 'fastify';
import type { AgentReputation } from '../../client/index-client.ts';
import type { CardIndex } from '../../interface.ts';
import type { ServerContext } from '../context.ts';
import { CARDS_PER_PAGE_MAX } from '../limits.ts';
import { errorSchema, listParams, listSchema, reputationsSchema } from '../schema.ts';

const failures = { '4xx': errorSchema, '5xx': errorSchema };

export function registerHoldingRoutes(app: FastifyInstance, context: ServerContext): void {
  const { index, queries, writes } = context;

  app.get<{ Querystring: { after?: string; limit?: string } }>(
    '/v1/cards',
    {
      schema: {
        summary: 'Which cards are here, in the order of their agent ids, a page at a time',
        querystring: listParams,
        response: { 200: listSchema, ...failures },
      },
    },
    ({ query: { after = '', limit } }) =>
      queries.run(async () =>
        page(index, after, Math.min(CARDS_PER_PAGE_MAX, Number(limit ?? CARDS_PER_PAGE_MAX))),
      ),
  );

  app.post<{ Body: { reputations: AgentReputation[] } }>(
    '/v1/reputations',
    {
      schema: {
        summary: 'Set the reputations that filters compare; they are kept in memory',
        body: reputationsSchema,
        response: failures,
      },
    },
    async (request, reply) => {
      await writes.run(async () => {
        for (const { agentId, reputation } of request.body.reputations)
          index.setReputation(agentId, reputation);
      });
      return reply.status(204).send();
    },
  );
}

function page(index: CardIndex, after: string, limit: number) {
  const ids = [...index.agentIds()].filter((id) => id > after).sort();
  const cards = ids.slice(0, limit).flatMap((agentId) => {
    const cardId = index.cardIdOf(agentId);
    const reputation = index.reputation(agentId);
    return cardId === undefined || reputation === undefined ? [] : [{ agentId, cardId, reputation }];
  });
  return { cards, ...(ids.length > limit && { next: ids[limit - 1]! }) };
}
