// Route of discovery: words in, ranked agents and their reasons out.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { NodeContext } from '../../context.ts';
import { type FindFilter, findFilterSchema, QUERY_CHARS_MAX, RESULTS_MAX } from '../../find/schema.ts';
import { pathOf } from '../operations.ts';

const body = Type.Object(
  {
    text: Type.String({ minLength: 1, maxLength: QUERY_CHARS_MAX }),
    limit: Type.Integer({ minimum: 1, maximum: RESULTS_MAX, default: 5 }),
    explain: Type.Boolean({ default: false }),
    filter: Type.Optional(findFilterSchema),
  },
  { additionalProperties: false },
);

const text = Type.String();
const resultSchema = Type.Object({
  agentId: text,
  cardId: text,
  name: text,
  description: text,
  region: text,
  score: Type.Number(),
  sequence: Type.Integer(),
  host: text,
  reasons: Type.Array(
    Type.Object({ check: text, ok: Type.Boolean(), detail: text, code: Type.Optional(text) }),
  ),
});

const answerSchema = Type.Object({
  query: text,
  results: Type.Array(resultSchema),
  rejected: Type.Array(resultSchema),
  decision: Type.Optional(text),
  indexes: Type.Array(text),
  partial: Type.Boolean(),
  missing: Type.Array(text),
  tookMs: Type.Number(),
});

interface Body {
  text: string;
  limit: number;
  explain: boolean;
  filter?: FindFilter;
}

export function registerFindRoutes(app: FastifyInstance, node: NodeContext): void {
  app.post<{ Body: Body }>(
    pathOf('agents.find'),
    { schema: { summary: 'Find agents by meaning', body, response: { 200: answerSchema } } },
    async (request) => node.find.find(request.body),
  );
}
