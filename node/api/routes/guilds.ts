// Routes of guilds: made, listed, joined, changed and ended by whoever holds the token of the node.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import {
  GIVEN_ROLES,
  GUILD_MEMBERS_MAX,
  GUILD_NAME_CHARS_MAX,
  GUILD_REASON_CHARS_MAX,
  GUILD_TTL_MS_MAX,
} from '../../../protocol/guild/index.ts';
import type { NodeContext } from '../../context.ts';
import { type FindFilter, findFilterSchema, QUERY_CHARS_MAX } from '../../find/schema.ts';
import {
  type GivenRole,
  type GuildRequest,
  guildViewSchema,
  invitationViewSchema,
} from '../../guild/index.ts';
import { pathOf } from '../operations.ts';

const closed = { additionalProperties: false } as const;
const agent = Type.String({ minLength: 1, maxLength: 128 });
const role = Type.Enum([...GIVEN_ROLES]);
const idParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 128 }) });
const reason = Type.String({ maxLength: GUILD_REASON_CHARS_MAX, default: '' });
const agents = Type.Array(agent, { minItems: 1, maxItems: GUILD_MEMBERS_MAX });

const createBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: GUILD_NAME_CHARS_MAX }),
    agent: Type.Optional(agent),
    members: Type.Optional(
      Type.Array(Type.Object({ agent, role: Type.Optional(role) }, closed), { maxItems: GUILD_MEMBERS_MAX }),
    ),
    find: Type.Optional(
      Type.Object(
        {
          text: Type.String({ minLength: 1, maxLength: QUERY_CHARS_MAX }),
          count: Type.Integer({ minimum: 1, maximum: GUILD_MEMBERS_MAX - 1 }),
          filter: Type.Optional(findFilterSchema),
        },
        closed,
      ),
    ),
    ttlMs: Type.Optional(Type.Integer({ minimum: 1, maximum: GUILD_TTL_MS_MAX })),
    min: Type.Optional(Type.Integer({ minimum: 0, maximum: GUILD_MEMBERS_MAX })),
  },
  closed,
);

interface ById {
  Params: { id: string };
}

export function registerGuildRoutes(app: FastifyInstance, node: NodeContext): void {
  app.post<{ Body: GuildRequest & { find?: { text: string; count: number; filter?: FindFilter } } }>(
    pathOf('guilds.create'),
    {
      schema: {
        summary: 'Make a guild with members by hand, by meaning, or both',
        body: createBody,
        response: { 201: guildViewSchema },
      },
    },
    async (request, reply) => reply.status(201).send(await node.guilds.create(request.body)),
  );

  app.get(
    pathOf('guilds.list'),
    {
      schema: {
        summary: 'Guilds of this node, those that ended lately, and invitations that wait',
        response: {
          200: Type.Object({
            guilds: Type.Array(guildViewSchema),
            invitations: Type.Array(invitationViewSchema),
          }),
        },
      },
    },
    async () => ({ guilds: node.guilds.list(), invitations: node.guilds.invitations() }),
  );

  app.get<ById>(
    pathOf('guilds.get'),
    { schema: { summary: 'One guild', params: idParams, response: { 200: guildViewSchema } } },
    async (request) => node.guilds.show(request.params.id),
  );

  app.post<ById & { Body: { agents: string[]; role?: GivenRole } }>(
    pathOf('guilds.invite'),
    {
      schema: {
        summary: 'Add agents; one whose node asks a person is invited',
        params: idParams,
        body: Type.Object({ agents, role: Type.Optional(role) }, closed),
        response: { 200: guildViewSchema },
      },
    },
    async ({ params, body }) => await node.guilds.invite(params.id, body.agents, body.role),
  );

  app.post<ById>(
    pathOf('guilds.join'),
    {
      schema: {
        summary: 'Say yes to an invitation that waits here',
        params: idParams,
        response: { 200: guildViewSchema },
      },
    },
    async (request) => await node.guilds.join(request.params.id),
  );

  app.post<ById & { Body: { agents: string[]; reason: string } }>(
    pathOf('guilds.remove'),
    {
      schema: {
        summary: 'Remove members; the keys change',
        params: idParams,
        body: Type.Object({ agents, reason }, closed),
        response: { 200: guildViewSchema },
      },
    },
    async ({ params, body }) => await node.guilds.remove(params.id, body.agents, body.reason),
  );

  for (const verb of ['leave', 'dissolve'] as const)
    app.post<ById & { Body: { reason: string } }>(
      `/v1/guilds/:id/${verb}`,
      {
        schema: {
          summary: verb === 'leave' ? 'Leave a guild' : 'End a guild for everybody; its keys are destroyed',
          params: idParams,
          body: Type.Object({ reason }, closed),
          response: { 200: guildViewSchema },
        },
      },
      async ({ params, body }) => {
        await node.guilds[verb](params.id, body.reason);
        return node.guilds.show(params.id);
      },
    );
}
