// Routes of quarantine by order: what is kept apart and why, what an order would touch, to give one, to release one.

import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { type AgentId, requireAgentId } from '../../../protocol/identity/index.ts';
import {
  EVIDENCE_MAX,
  QUARANTINE_KINDS,
  QUARANTINE_MS_MAX,
  QUARANTINE_REGIONS_MAX,
  QUARANTINE_RELEASERS_MAX,
  QUARANTINE_TARGETS_MAX,
  readQuarantineTarget,
} from '../../../protocol/statement/index.ts';
import type { NodeContext } from '../../context.ts';
import { impactOf, type OrderView } from '../../quarantine/index.ts';
import { pageAnswer, pageOf, pageQuery, wordsOf } from '../lists/page.ts';
import { pathOf } from '../operations.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String();
const reason = Type.String({ minLength: 1, maxLength: 500 });
const id = Type.String({ pattern: '^bafkrei[a-z2-7]{52}$' });
const agentId = Type.String({ pattern: '^zs:b[a-z2-7]{58}$' });
const target = Type.Object(
  { kind: Type.Enum([...QUARANTINE_KINDS]), id: Type.String({ minLength: 46, maxLength: 64 }) },
  closed,
);
const targets = Type.Array(target, { minItems: 1, maxItems: QUARANTINE_TARGETS_MAX });
const evidence = (minItems: number) =>
  Type.Array(id, { minItems, maxItems: EVIDENCE_MAX, description: 'Statement ids.' });
const shownTarget = Type.Object({ kind: text, id: text });

const orderSchema = Type.Object({
  order: text,
  issuer: text,
  /** held, pending, expired, released, or void: the issuer's key is revoked. */
  state: text,
  sequence: Type.Integer(),
  targets: Type.Array(shownTarget),
  regions: Type.Array(text),
  issuedAt: text,
  expiresAt: text,
  reason: text,
  evidence: Type.Array(Type.Object({ id: text, held: Type.Boolean() })),
  release: Type.Object({ by: Type.Array(text), threshold: Type.Integer() }),
  releases: Type.Array(Type.Object({ id: text, issuer: text, reason: text })),
  /** What this node keeps apart for it, and by what word of its policy, or why not. */
  obeyed: Type.Array(shownTarget),
  detail: text,
  missing: Type.Integer({
    description: 'Orders or releases of this issuer that are known to be missing here.',
  }),
});

const hits = <T extends Type.TSchema>(row: T) =>
  Type.Object({ count: Type.Integer(), shown: Type.Array(row) });
const impactSchema = Type.Object({
  cards: hits(Type.Object({ agentId: text, name: text, local: Type.Boolean() })),
  tasks: hits(Type.Object({ taskId: text, name: text, phase: text })),
  guilds: hits(Type.Object({ id: text, name: text, members: Type.Integer() })),
  channels: hits(Type.Object({ channel: text, payer: text, payee: text, phase: text })),
  peers: hits(Type.Object({ peerId: text, name: text, connected: Type.Boolean() })),
  partners: hits(Type.Object({ agent: text, name: text })),
  warnings: Type.Array(text),
});

const regions = Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
  maxItems: QUARANTINE_REGIONS_MAX,
  default: [],
  description: 'Regions whose nodes are to obey; empty: all.',
});

const orderBody = Type.Object(
  {
    targets,
    regions,
    seconds: Type.Integer({ minimum: 60, maximum: QUARANTINE_MS_MAX / 1_000, default: 86_400 }),
    reason,
    evidence: Type.Optional(evidence(0)),
    releaseBy: Type.Optional(Type.Array(agentId, { minItems: 1, maxItems: QUARANTINE_RELEASERS_MAX })),
    threshold: Type.Optional(Type.Integer({ minimum: 1, maximum: QUARANTINE_RELEASERS_MAX })),
    by: Type.Optional(agentId),
  },
  closed,
);
const releaseBody = Type.Object({ reason, evidence: evidence(1), by: Type.Optional(agentId) }, closed);
const positionSchema = Type.Object({ origin: text, index: Type.Integer(), statementId: text });
const listQuery = Type.Object({
  ...pageQuery,
  state: Type.Optional(Type.Enum(['held', 'pending', 'expired', 'released', 'void'])),
});

const agentOf = (name: string, value: string | undefined): AgentId | undefined =>
  value === undefined ? undefined : requireAgentId(value, name);

export function registerQuarantineRoutes(app: FastifyInstance, node: NodeContext): void {
  const { quarantineDesk: desk, quarantines } = node;
  const viewOf = (view: OrderView): Static<typeof orderSchema> => {
    const { sequence, regions, issuedAt, expiresAt, release } = view.order;
    const held = new Set(desk.held(view.order.evidence));
    return {
      order: view.id,
      issuer: view.issuer,
      state: view.state,
      sequence,
      targets: [...view.order.targets],
      regions: [...regions],
      issuedAt,
      expiresAt,
      reason: view.order.reason,
      evidence: view.order.evidence.map((one) => ({ id: one, held: held.has(one) })),
      release: { by: [...release.by], threshold: release.threshold },
      releases: [...view.releases],
      obeyed: [...view.obeyed],
      detail: view.detail,
      missing: view.missing,
    };
  };

  app.get<{ Querystring: Static<typeof listQuery> }>(
    pathOf('quarantine.list'),
    {
      schema: {
        summary: 'Quarantine orders known here, newest first, whether they are obeyed, and why',
        querystring: listQuery,
        response: { 200: Type.Object({ orders: Type.Array(orderSchema), ...pageAnswer }) },
      },
    },
    async ({ query }) => {
      const known = quarantines.list();
      const words = wordsOf(query.q);
      const isAsked = ({ id: order, issuer, order: said, state }: OrderView) => {
        if (state !== (query.state ?? state)) return false;
        const all = [order, issuer, said.reason, ...said.targets.map((thing) => thing.id)];
        return words.every((word) => all.join(' ').toLowerCase().includes(word));
      };
      const { matched, next, rows } = pageOf(known, query, ({ id: order }) => order, isAsked);
      return { orders: rows.map(viewOf), total: known.length, matched, next };
    },
  );

  app.get<{ Params: { id: string } }>(
    pathOf('quarantine.get'),
    { schema: { summary: 'One order', params: Type.Object({ id }, closed), response: { 200: orderSchema } } },
    async ({ params }) => viewOf(quarantines.show(params.id)),
  );

  app.post<{ Body: { targets: Static<typeof targets>; regions: string[] } }>(
    pathOf('quarantine.impact'),
    {
      schema: {
        summary: 'What an order about these things would touch, as far as this node knows',
        body: Type.Object({ targets, regions }, closed),
        response: { 200: impactSchema },
      },
    },
    async ({ body }) =>
      await impactOf(
        node,
        body.targets.map((one) => readQuarantineTarget(one)),
        body.regions,
      ),
  );

  app.post<{ Body: Static<typeof orderBody> }>(
    pathOf('quarantine.order'),
    {
      schema: {
        summary: 'Sign an order and spread it; answered when it is on disk',
        body: orderBody,
        response: { 201: positionSchema },
      },
    },
    async ({ body }, reply) => {
      const { by, releaseBy, threshold, evidence: proof = [], ...draft } = body;
      const position = await desk.order({
        ...draft,
        targets: draft.targets.map((one) => readQuarantineTarget(one)),
        evidence: proof,
        ...(by === undefined ? {} : { by: agentOf('by', by) as AgentId }),
        ...(releaseBy === undefined
          ? {}
          : { releaseBy: releaseBy.map((one) => requireAgentId(one, 'releaseBy')) }),
        ...(threshold === undefined ? {} : { threshold }),
      });
      return reply.status(201).send({ ...position });
    },
  );

  app.post<{ Params: { id: string }; Body: Static<typeof releaseBody> }>(
    pathOf('quarantine.release'),
    {
      schema: {
        summary: 'Sign the release of an order, with its proof; answered when it is on disk',
        params: Type.Object({ id }, closed),
        body: releaseBody,
        response: { 201: positionSchema },
      },
    },
    async ({ body, params }, reply) => {
      const by = agentOf('by', body.by);
      const { evidence: proof, reason: why } = body;
      const position = await desk.release({
        order: params.id,
        evidence: proof,
        reason: why,
        ...(by === undefined ? {} : { by }),
      });
      return reply.status(201).send({ ...position });
    },
  );
}
