// Routes of routing: how streams go through relays, why each went as it did, and draining a relay.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { POLICY_NAMES, type PolicyName } from '../../../protocol/routing/index.ts';
import type { NodeContext } from '../../context.ts';
import {
  routesSchema,
  routesView,
  statusSchema,
  statusView,
  whySchema,
  whyView,
} from '../../routing/views.ts';
import { pathOf } from '../operations.ts';

/** Streams that one answer lists. */
const STREAMS_MAX = 200;
/** Longest time that a drain waits, in seconds. */
const DRAIN_SECONDS_MAX = 600;

const peer = Type.String({ minLength: 46, maxLength: 64, pattern: '^[1-9A-HJ-NP-Za-km-z]+$' });
const drainBody = Type.Object(
  {
    draining: Type.Boolean(),
    waitSeconds: Type.Integer({ minimum: 0, maximum: DRAIN_SECONDS_MAX }),
  },
  { additionalProperties: false },
);
const policyBody = Type.Object(
  { policy: Type.Union(POLICY_NAMES.map((name) => Type.Literal(name))) },
  { additionalProperties: false },
);

export function registerRoutingRoutes(app: FastifyInstance, { directory, routing }: NodeContext): void {
  const nameOf = (peerId: string) => directory.get(peerId)?.name ?? '';
  app.get<{ Querystring: { streams?: number } }>(
    pathOf('routing.get'),
    {
      schema: {
        summary: 'Relays known here, connections that go through them, and the newest streams',
        querystring: Type.Object({
          streams: Type.Optional(Type.Integer({ minimum: 0, maximum: STREAMS_MAX })),
        }),
        response: { 200: statusSchema },
      },
    },
    async ({ query }) => statusView(routing, nameOf, query.streams ?? 20),
  );
  app.get<{ Params: { stream: string } }>(
    pathOf('routing.stream'),
    {
      schema: {
        summary: 'Why a stream went where it went: every candidate with its terms, and what came of it',
        params: Type.Object({ stream: Type.String({ pattern: '^[0-9a-f]{4,32}$' }) }),
        response: { 200: whySchema },
      },
    },
    async ({ params }) => whyView(routing.why(params.stream), nameOf),
  );
  app.get<{ Querystring: { to?: string } }>(
    pathOf('routing.routes'),
    {
      schema: {
        summary: 'How a stream to a peer would go now; without one, to every peer that was asked for lately',
        querystring: Type.Object({ to: Type.Optional(peer) }),
        response: { 200: routesSchema },
      },
    },
    async ({ query }) =>
      routesView(routing, query.to === undefined ? routing.destinations() : [query.to], nameOf),
  );
  app.post<{ Body: { draining: boolean; waitSeconds: number } }>(
    pathOf('routing.drain'),
    {
      schema: {
        summary: 'Take no new streams as a relay, and move those that are open; or take streams again',
        body: drainBody,
        response: { 200: Type.Object({ draining: Type.Boolean(), moved: Type.Number() }) },
      },
    },
    async ({ body }) => {
      const { moved } = await routing.drain(body.draining, body.waitSeconds * 1_000);
      return { draining: routing.draining, moved };
    },
  );
  app.post<{ Body: { policy: PolicyName } }>(
    pathOf('routing.policy'),
    {
      schema: {
        summary: 'Choose routes by another policy until the node restarts',
        body: policyBody,
        response: { 200: Type.Object({ policy: Type.String() }) },
      },
    },
    async ({ body }) => {
      await routing.usePolicy(body.policy);
      return { policy: routing.policyName };
    },
  );
}
