// Cards in and out. An answer to a writing request means: verified and on disk.

import type { FastifyInstance } from 'fastify';
import { decodeEnvelope, envelopeFromJson, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import { verifiedEntries } from '../../verified-entry.ts';
import type { ServerContext } from '../context.ts';
import { wantsBinary } from '../forms.ts';
import { REFUSED_NAMED_MAX } from '../limits.ts';
import {
  agentParams,
  type CardsAnswer,
  cardsAnswerSchema,
  cardsSchema,
  errorSchema,
  storedCardSchema,
} from '../schema.ts';

const failures = { '4xx': errorSchema, '5xx': errorSchema };

export function registerCardRoutes(app: FastifyInstance, context: ServerContext): void {
  const { index, writes } = context;

  app.post<{ Body: { cards: unknown[] } }>(
    '/v1/cards',
    {
      schema: {
        summary: 'Verify signed cards and add them; what does not verify is named',
        body: cardsSchema,
        response: { 200: cardsAnswerSchema, ...failures },
      },
    },
    (request) => writes.run(() => addCards(context, request.body.cards)),
  );

  app.get<{ Params: { agentId: string } }>(
    '/v1/cards/:agentId',
    {
      schema: {
        summary: 'The stored card of an agent, as it was signed',
        params: agentParams,
        response: { 200: storedCardSchema, ...failures },
      },
    },
    async (request) => {
      const { agentId } = request.params;
      const stored = await index.get(agentId);
      if (stored === null) throw new ZeroError('NOT_FOUND', `the index has no card of ${agentId}`);
      const { cardId, envelope } = stored;
      return {
        agentId,
        cardId,
        envelope: wantsBinary(request) ? envelope : envelopeToJson(decodeEnvelope(envelope)),
      };
    },
  );

  app.delete<{ Params: { agentId: string } }>(
    '/v1/cards/:agentId',
    {
      schema: {
        summary: 'Remove the card of an agent; unknown ones are no error',
        params: agentParams,
        response: failures,
      },
    },
    async (request, reply) => {
      await writes.run(() => index.remove(request.params.agentId));
      return reply.status(204).send();
    },
  );
}

/** Verifies cards in either form, writes those that verify, and says what became of them. */
export async function addCards(
  { index, metrics }: Pick<ServerContext, 'index' | 'metrics'>,
  cards: readonly unknown[],
): Promise<CardsAnswer> {
  const { entries, refused } = await verifiedEntries(cards, (card) =>
    card instanceof Uint8Array ? decodeEnvelope(card) : envelopeFromJson(card as JsonValue),
  );
  await index.upsertBatch(entries);
  metrics.count('zerostate_index_cards_received_total', { result: 'accepted' }, entries.length);
  metrics.count('zerostate_index_cards_received_total', { result: 'refused' }, refused.length);
  return {
    accepted: entries.length,
    refusedCount: refused.length,
    refused: refused.slice(0, REFUSED_NAMED_MAX).map(({ at, code, message }) => ({ at, code, message })),
  };
}
