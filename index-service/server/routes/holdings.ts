// What another index needs to use this one as its vector engine: which cards are here, and reputations for its filters.

import type { FastifyInstance } from 'fastify';
import type { AgentReputation } from '../../client/index-client.ts';
import type { CardIndex } from '../../interface.ts';
import type { ServerContext } from '../context.ts';
import { CARDS_PER_PAGE_MAX } from '../limits.ts';
import { errorSchema, listParams, listSchema, reputationsSchema } from '../schema.ts';

/** Pages of ids that are gathered before they are sorted. */
const SORTED_PAGES = 4;

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
  const ids = firstIds(index.agentIds(), after, limit + 1);
  const cards = ids.slice(0, limit).flatMap((agentId) => {
    const cardId = index.cardIdOf(agentId);
    const reputation = index.reputation(agentId);
    return cardId === undefined || reputation === undefined ? [] : [{ agentId, cardId, reputation }];
  });
  return { cards, ...(ids.length > limit && { next: ids[limit - 1]! }) };
}

/** The first so many ids behind one, sorted. Sorts a few pages at a time and not the whole index, which has a million. */
function firstIds(ids: Iterable<string>, after: string, count: number): string[] {
  let first: string[] = [];
  let last: string | undefined;
  for (const id of ids) {
    if (id <= after || (last !== undefined && id >= last)) continue;
    first.push(id);
    if (first.length < SORTED_PAGES * count) continue;
    first = first.sort().slice(0, count);
    last = first.at(-1);
  }
  return first.sort().slice(0, count);
}
