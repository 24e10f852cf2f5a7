// Routes of policies, decisions and overrides.

import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import { type EnvelopeJson, envelopeFromJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  decisionRecordSchema,
  POLICY_CHAIN_MAX,
  POLICY_FILE_CHARS_MAX,
  POLICY_FILES_MAX,
  POLICY_KINDS,
  type PolicyEpoch,
  type PolicyKind,
} from '../../../protocol/policy/index.ts';
import { SAFETY_TIERS, type SafetyTier } from '../../../protocol/statement/index.ts';
import { rfc3339 } from '../../clock/index.ts';
import type { NodeContext } from '../../context.ts';
import { type ActivePolicy, cedarLanguage } from '../../policy/index.ts';
import { pathOf } from '../operations.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String();
const reason = Type.String({ minLength: 1, maxLength: 400 });
const files = Type.Array(
  Type.Object(
    {
      name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
      text: Type.String({ minLength: 1, maxLength: POLICY_FILE_CHARS_MAX }),
    },
    closed,
  ),
  { minItems: 1, maxItems: POLICY_FILES_MAX },
);
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const activeSchema = Type.Object({
  id: text,
  name: text,
  sequence: Type.Integer(),
  expiresAt: nullable(text),
  policies: Type.Array(Type.Object({ id: text, effect: text, detail: text })),
});
const policySchema = Type.Object({
  active: activeSchema,
  expired: Type.Boolean(),
  /** The bundle that waits for its start, and who has acknowledged it. */
  staged: nullable(
    Type.Object({
      id: text,
      sequence: Type.Integer(),
      startsAt: text,
      acknowledgedBy: Type.Array(text),
      required: Type.Integer(),
    }),
  ),
  /** The bundle that others have begun with and that is not here: nothing is found, run or relied on until it is. */
  behind: nullable(Type.Object({ id: text, sequence: Type.Integer(), startsAt: text })),
  /** Id of the one that was to be in force, and that the active one stands in for since starts under it failed. */
  insteadOf: nullable(text),
  files,
  line: Type.Object({
    signers: Type.Object({ keys: Type.Array(text), threshold: Type.Integer() }),
    newest: nullable(Type.Object({ name: text, sequence: Type.Integer(), id: text })),
    floor: Type.Integer(),
  }),
  cedar: text,
});
const historySchema = Type.Object({
  bundles: Type.Array(
    Type.Object({
      id: text,
      name: text,
      sequence: Type.Integer(),
      issuedAt: text,
      expiresAt: nullable(text),
      note: nullable(text),
      takenAt: Type.Integer(),
    }),
  ),
  switches: Type.Array(
    Type.Object({
      at: Type.Integer(),
      action: text,
      from: Type.Integer(),
      to: Type.Integer(),
      id: nullable(text),
      reason: text,
    }),
  ),
});
const decisionSchema = Type.Object({ id: text, record: decisionRecordSchema });
const verdict = { allow: Type.Boolean(), policies: Type.Array(text) };
const replaySchema = Type.Object({
  policy: Type.Object({ id: text, name: text, sequence: Type.Integer() }),
  same: Type.Boolean(),
  candidates: Type.Array(
    Type.Object({
      resource: text,
      was: Type.Object(verdict),
      now: Type.Object({ ...verdict, detail: text }),
      same: Type.Boolean(),
    }),
  ),
});
const overrideSchema = Type.Object({
  id: text,
  agentId: nullable(text),
  tier: text,
  reason: text,
  by: text,
  from: Type.Integer(),
  until: Type.Integer(),
});
const applyBody = Type.Object(
  {
    files: Type.Optional(files),
    bundles: Type.Optional(
      Type.Array(Type.Unsafe<EnvelopeJson>({ type: 'object', additionalProperties: true }), {
        minItems: 1,
        maxItems: POLICY_CHAIN_MAX,
      }),
    ),
    note: Type.Optional(reason),
  },
  closed,
);
const overrideBody = Type.Object(
  {
    agentId: Type.Optional(Type.String({ pattern: '^zs:b[a-z2-7]{58}$' })),
    tier: Type.Enum([...SAFETY_TIERS]),
    reason,
    seconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
  },
  closed,
);
const idParams = Type.Object({ id: Type.String({ pattern: '^bafkrei[a-z2-7]{52}$' }) });
const limit = Type.Integer({ minimum: 1, maximum: 200, default: 20 });

const activeView = ({ id, name, sequence, expiresAt, policies }: ActivePolicy) => ({
  id,
  name,
  sequence,
  expiresAt,
  policies: [...policies.list()],
});

const epochView = ({ id, sequence, startsAtMs }: PolicyEpoch) => ({
  id,
  sequence,
  startsAt: rfc3339(startsAtMs),
});

export function registerPolicyRoutes(app: FastifyInstance, node: NodeContext): void {
  const { epochs, gate, overrides, policy } = node;
  const { bundles } = policy;
  const found = async (id: string) => {
    const decision = await policy.why(id);
    if (decision === undefined)
      throw new ZeroError('NOT_FOUND', 'no record of that decision is kept here', {
        hint: 'Records stay with the node that decided, and the oldest give way; see GET /v1/decisions.',
      });
    return decision;
  };

  app.get(
    pathOf('policy.get'),
    { schema: { summary: 'The policy in force, and who signs the next', response: { 200: policySchema } } },
    async () => ({
      active: activeView(bundles.active),
      expired: bundles.expired,
      staged:
        bundles.staged === null
          ? null
          : {
              ...epochView(bundles.staged),
              acknowledgedBy: epochs.acknowledgedBy(),
              required: bundles.epoch.members?.threshold ?? 0,
            },
      behind: bundles.behind === null ? null : epochView(bundles.behind),
      insteadOf: bundles.fellBack?.refused ?? null,
      files: [...bundles.active.files],
      line: await bundles.line(),
      cedar: cedarLanguage(),
    }),
  );

  app.post<{ Body: Static<typeof applyBody> }>(
    pathOf('policy.apply'),
    {
      schema: {
        summary: 'Put signed bundles in force, or bare policies where the node signs its own',
        body: applyBody,
        response: { 200: activeSchema },
      },
    },
    async ({ body }) => {
      if ((body.files === undefined) === (body.bundles === undefined))
        throw new ZeroError('USAGE', 'give either files or bundles');
      return activeView(
        body.bundles === undefined
          ? await bundles.applyFiles(body.files ?? [], body.note ?? null)
          : await bundles.apply(body.bundles.map((one) => envelopeFromJson(one as never))),
      );
    },
  );

  app.post<{ Body: { to?: number; reason: string } }>(
    pathOf('policy.rollback'),
    {
      schema: {
        summary: 'Go back to a bundle that was in force before; 0 for the built-in policies',
        body: Type.Object({ to: Type.Optional(Type.Integer({ minimum: 0 })), reason }, closed),
        response: { 200: activeSchema },
      },
    },
    async ({ body }) => activeView(await bundles.rollback(body.to, body.reason)),
  );

  app.get<{ Querystring: { limit: number } }>(
    pathOf('policy.history'),
    {
      schema: {
        summary: 'Bundles kept, and each switch, newest first',
        querystring: Type.Object({ limit }),
        response: { 200: historySchema },
      },
    },
    async ({ query }) => bundles.history(query.limit),
  );

  app.get<{ Querystring: { limit: number; kind?: PolicyKind } }>(
    pathOf('decisions.list'),
    {
      schema: {
        summary: 'Decisions on record, newest first',
        querystring: Type.Object({ limit, kind: Type.Optional(Type.Enum([...POLICY_KINDS])) }),
        response: { 200: Type.Object({ decisions: Type.Array(decisionSchema) }) },
      },
    },
    async ({ query }) => ({ decisions: await policy.decisions(query.limit, query.kind) }),
  );

  app.get<{ Params: { id: string } }>(
    pathOf('decisions.get'),
    { schema: { summary: 'One decision', params: idParams, response: { 200: decisionSchema } } },
    async ({ params }) => await found(params.id),
  );

  app.post<{ Params: { id: string }; Body: { files?: Static<typeof files>; sequence?: number } }>(
    pathOf('decisions.replay'),
    {
      schema: {
        summary:
          'Decide again from the record: by the same policies, by others, or by those of another bundle',
        params: idParams,
        body: Type.Object(
          { files: Type.Optional(files), sequence: Type.Optional(Type.Integer({ minimum: 0 })) },
          closed,
        ),
        response: { 200: replaySchema },
      },
    },
    async ({ body, params }) => {
      const others =
        body.files ?? (body.sequence === undefined ? undefined : await bundles.filesOf(body.sequence));
      return await policy.replay(await found(params.id), others);
    },
  );

  app.get(
    pathOf('overrides.list'),
    {
      schema: {
        summary: 'Overrides of revocation gates in force',
        response: { 200: Type.Object({ overrides: Type.Array(overrideSchema) }) },
      },
    },
    async () => ({ overrides: overrides.list() }),
  );

  app.post<{ Body: Static<typeof overrideBody> }>(
    pathOf('overrides.add'),
    {
      schema: {
        summary: 'Let an agent (or every agent) pass although its revocation is unknown',
        body: overrideBody,
        response: { 201: overrideSchema },
      },
    },
    async ({ body }, reply) => {
      const { agentId = null, reason: why, seconds, tier } = body;
      const wanted = { agentId, tier: tier as SafetyTier, reason: why, ms: seconds * 1_000 };
      const known =
        agentId === null
          ? { asOf: null, detail: 'every agent whose revocation is unknown' }
          : gate.describe(agentId, tier as SafetyTier);
      return reply.status(201).send(await overrides.give(wanted, known));
    },
  );

  app.post<{ Params: { id: string } }>(
    pathOf('overrides.end'),
    {
      schema: { summary: 'End an override now', params: idParams, response: { 200: overrideSchema } },
    },
    async ({ params }) => await overrides.end(params.id),
  );
}
