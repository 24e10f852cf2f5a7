// Route of trust cards.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { trustOf } from '../../trust/index.ts';
import { pathOf } from '../operations.ts';

const text = Type.String();
const cardSchema = Type.Object({
  agentId: text,
  name: text,
  at: Type.Integer({ description: 'Milliseconds since 1970.' }),
  tone: text,
  lines: Type.Array(
    Type.Object({
      section: text,
      label: text,
      value: text,
      tone: text,
      evidence: Type.Array(text, { description: 'Ids of cards, statements and decisions; log origins.' }),
    }),
  ),
});

export function registerTrustRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get<{ Params: { agentId: string } }>(
    pathOf('agents.trust'),
    {
      schema: {
        summary: 'What is known of an agent, each line with its evidence',
        params: Type.Object({ agentId: Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }) }),
        response: { 200: cardSchema },
      },
    },
    async ({ params }) => await trustOf(node, params.agentId),
  );
}
