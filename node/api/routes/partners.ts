// Routes of partners: add, list, show, sync, remove, evidence; sealing and opening; the query over all of them, streamed.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { decodeEnvelope, envelopeFromJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { requireAgentId } from '../../../protocol/identity/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import {
  BYTES_PER_MINUTE_MAX,
  PATH_CHARS_MAX,
  QUERIES_PER_MINUTE_MAX,
  ROWS_PER_QUERY_MAX,
  readScope,
  SCOPE_PATTERNS_MAX,
  SCOPE_RULES_MAX,
} from '../../../protocol/partner/index.ts';
import { verifyAgentStatement } from '../../../protocol/statement/index.ts';
import type { NodeContext } from '../../context.ts';
import { AGREEMENT_DAYS_MAX, FAN_OUT_MAX, QUERY_MS_MAX } from '../../partners/limits.ts';
import { federatedLines, partnerView } from '../../partners/view.ts';
import { pathOf } from '../operations.ts';
import { type Question, queryOf, questionSchema } from './provenance.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const patterns = (minItems: number) =>
  Type.Array(text(PATH_CHARS_MAX), { minItems, maxItems: SCOPE_PATTERNS_MAX });
const scopeSchema = Type.Array(
  Type.Object(
    { predicateTypes: patterns(1), subjects: patterns(1), fields: patterns(0) },
    { additionalProperties: false },
  ),
  { maxItems: SCOPE_RULES_MAX, description: 'What the partner gets; see docs/reference/partners.md.' },
);
const budgetSchema = Type.Object(
  {
    queriesPerMinute: Type.Optional(Type.Integer({ minimum: 0, maximum: QUERIES_PER_MINUTE_MAX })),
    rowsPerQuery: Type.Optional(Type.Integer({ minimum: 0, maximum: ROWS_PER_QUERY_MAX })),
    bytesPerMinute: Type.Optional(Type.Integer({ minimum: 0, maximum: BYTES_PER_MINUTE_MAX })),
  },
  { additionalProperties: false },
);
const newPartnerSchema = Type.Object(
  {
    agent: text(128),
    name: Type.Optional(text(64)),
    as: Type.Optional(text(128)),
    addresses: Type.Optional(Type.Array(text(256), { maxItems: 16 })),
    scope: scopeSchema,
    budget: Type.Optional(budgetSchema),
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: AGREEMENT_DAYS_MAX })),
  },
  { additionalProperties: false },
);
const sealSchema = Type.Object(
  {
    envelope: Type.Object(
      {},
      { additionalProperties: true, description: 'A DSSE envelope with an in-toto statement.' },
    ),
    hideType: Type.Boolean({ default: false }),
    hideSubjects: Type.Boolean({ default: false }),
    as: Type.Optional(text(128)),
  },
  { additionalProperties: false },
);
const federatedSchema = Type.Object(
  {
    question: questionSchema,
    deadlineMs: Type.Optional(Type.Integer({ minimum: 1, maximum: QUERY_MS_MAX })),
    fanOut: Type.Optional(Type.Integer({ minimum: 0, maximum: FAN_OUT_MAX })),
    partners: Type.Optional(Type.Array(text(128), { maxItems: FAN_OUT_MAX })),
    waitForAll: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
);
const agentParams = Type.Object({ agent: text(128) });

interface NewPartnerBody {
  agent: string;
  name?: string;
  as?: string;
  addresses?: string[];
  scope: JsonValue;
  budget?: { queriesPerMinute?: number; rowsPerQuery?: number; bytesPerMinute?: number };
  days?: number;
}
interface FederatedBody {
  question: Question;
  deadlineMs?: number;
  fanOut?: number;
  partners?: string[];
  waitForAll: boolean;
}
interface SealBody {
  envelope: JsonValue;
  hideType: boolean;
  hideSubjects: boolean;
  as?: string;
}
type AgentParams = { Params: { agent: string } };

export function registerPartnerRoutes(app: FastifyInstance, node: NodeContext): void {
  const { partners } = node;
  const view = (agent: string) => partnerView(partners, partners.book.get(agent));

  app.get(pathOf('partners.list'), { schema: { summary: 'Partners, the first added first' } }, async () => ({
    partners: partners.book.list().map((partner) => partnerView(partners, partner)),
  }));

  app.post<{ Body: NewPartnerBody }>(
    pathOf('partners.add'),
    { schema: { summary: 'Add a partner, or change what it is given', body: newPartnerSchema } },
    async ({ body: { agent, as, scope, ...rest } }) => {
      const added = await partners.add({
        ...rest,
        agent: requireAgentId(agent, 'agent'),
        scope: readScope(scope),
        ...(as === undefined ? {} : { as: requireAgentId(as, 'as') }),
      });
      return view(added.agent);
    },
  );

  app.get<AgentParams>(
    pathOf('partners.get'),
    { schema: { summary: 'One partner: what was agreed, and how it has served', params: agentParams } },
    async ({ params }) => view(params.agent),
  );

  app.post<AgentParams>(
    pathOf('partners.sync'),
    { schema: { summary: 'Greet a partner, pull its log and what it opens', params: agentParams } },
    async ({ params }) => {
      const { openings, size } = await partners.sync(params.agent);
      return { ...view(params.agent), size, openings };
    },
  );

  app.post<AgentParams>(
    pathOf('partners.remove'),
    { schema: { summary: 'Remove a partner: nothing more goes to it', params: agentParams } },
    async ({ params }) => {
      await partners.remove(params.agent);
      return { removed: params.agent };
    },
  );

  app.get<{ Params: { id: string } }>(
    pathOf('partners.evidence'),
    {
      schema: {
        summary: 'Evidence against a partner, as a file that "zerostate verify" checks',
        params: Type.Object({ id: text(64) }),
      },
    },
    async ({ params }, reply) => {
      const kept = partners.evidence.get(params.id);
      if (kept === undefined) throw new ZeroError('NOT_FOUND', `no evidence ${params.id} is kept here`);
      return reply.type('application/json').send(Buffer.from(kept.bytes));
    },
  );

  app.post<{ Body: FederatedBody }>(
    pathOf('partners.query'),
    {
      schema: {
        summary: 'What is known here and at partners: events a line as they come, the end last',
        body: federatedSchema,
      },
    },
    async ({ body: { question, ...options } }, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const lines = federatedLines(node, queryOf(question), { ...options, signal: gone.signal });
      return reply.type('application/x-ndjson').send(Readable.from(lines));
    },
  );

  app.post<{ Body: SealBody }>(
    pathOf('sealed.add'),
    { schema: { summary: 'Log a statement so that only partners may read it', body: sealSchema } },
    async ({ body: { as, envelope, hideSubjects, hideType } }) =>
      await partners.seal({
        envelope: envelopeFromJson(envelope),
        open: { type: !hideType, subjects: !hideSubjects },
        ...(as === undefined ? {} : { as: requireAgentId(as, 'as') }),
      }),
  );

  app.post<{ Body: { origin: string; index: number } }>(
    pathOf('sealed.open'),
    {
      schema: {
        summary: 'What this node may see of a sealed statement',
        body: Type.Object(
          { origin: text(255), index: Type.Integer({ minimum: 0 }) },
          { additionalProperties: false },
        ),
      },
    },
    async ({ body: { index, origin } }) => {
      const body = await node.store.body(origin, index);
      if (body === undefined)
        throw new ZeroError('NOT_FOUND', `entry ${index} of ${origin} is not held here`);
      const opened = await partners.open(verifyAgentStatement(decodeEnvelope(body)));
      if (opened === undefined)
        throw new ZeroError(
          'PARTNER_REFUSED',
          'the statement is not sealed, or nothing of it was opened to this node',
        );
      return { isPartial: opened.isPartial, ...opened.body };
    },
  );
}
