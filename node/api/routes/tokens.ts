// Routes of API tokens: made, listed, ended. A token is shown once, when it is made.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { pathOf, SCOPES, type Scope } from '../operations.ts';
import type { TokenBook } from '../tokens.ts';

const DAY_MS = 86_400_000;
/** Days that a token may last, when it has an end. */
const DAYS_MAX = 3_650;
const name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' });
const scope = Type.Enum([...SCOPES]);
const info = {
  name: Type.String(),
  scope,
  createdAt: Type.Integer(),
  expiresAt: Type.Union([Type.Integer(), Type.Null()]),
};
const createBody = Type.Object(
  { name, scope, days: Type.Optional(Type.Integer({ minimum: 1, maximum: DAYS_MAX })) },
  { additionalProperties: false },
);

export function registerTokenRoutes(app: FastifyInstance, tokens: TokenBook): void {
  app.get(
    pathOf('tokens.list'),
    {
      schema: {
        summary: 'Tokens for parts of this API, without the tokens themselves',
        response: { 200: Type.Object({ tokens: Type.Array(Type.Object(info)) }) },
      },
    },
    async () => ({ tokens: tokens.list() }),
  );
  app.post<{ Body: { name: string; scope: Scope; days?: number } }>(
    pathOf('tokens.create'),
    {
      schema: {
        summary: 'Make a token; it is shown this once',
        body: createBody,
        response: { 201: Type.Object({ ...info, token: Type.String() }) },
      },
    },
    async ({ body }, reply) =>
      reply
        .status(201)
        .send(
          await tokens.create(body.name, body.scope, body.days === undefined ? null : body.days * DAY_MS),
        ),
  );
  app.post<{ Params: { name: string } }>(
    pathOf('tokens.revoke'),
    {
      schema: {
        summary: 'End a token now',
        params: Type.Object({ name }),
        response: { 200: Type.Object(info) },
      },
    },
    async ({ params }) => await tokens.revoke(params.name),
  );
}
