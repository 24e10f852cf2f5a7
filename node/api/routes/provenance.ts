// Routes of provenance: import, ask (streamed, a row a line), show, prove, bundle, revoke.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ATTESTATION_BYTES_MAX } from '../../../protocol/attestation/index.ts';
import { fromBase64, fromHex } from '../../../protocol/bytes/index.ts';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  AnswerVerifier,
  encodeBundle,
  nodeIdOf,
  type ProvenanceQuery,
  type ProvenanceRow,
  provenanceQuery,
  QUERY_DEPTH_MAX,
  QUERY_ROWS_DEFAULT,
  QUERY_ROWS_MAX,
  QUERY_START_MAX,
  QUERY_TYPES_MAX,
} from '../../../protocol/provenance/index.ts';
import type { NodeContext } from '../../context.ts';
import { type ProvenanceEndView, type ProvenanceRowView, RowJudge } from '../../provenance/index.ts';
import { pathOf } from '../operations.ts';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
/** Bytes of PEM keys that an import is checked against. */
const KEY_CHARS_MAX = 8_192;
const KEYS_MAX = 16;
/** Bytes of an import: an attestation of the largest size in base64, the keys, and the JSON around them. */
const IMPORT_BODY_BYTES_MAX: number = ATTESTATION_BYTES_MAX * (4 / 3) + KEYS_MAX * KEY_CHARS_MAX + 65_536;

export const questionSchema = Type.Object(
  {
    start: Type.Array(text(256), { maxItems: QUERY_START_MAX, default: [] }),
    issuer: Type.Optional(text(128)),
    types: Type.Array(text(512), { maxItems: QUERY_TYPES_MAX, default: [] }),
    direction: Type.Union([Type.Literal('sources'), Type.Literal('uses'), Type.Literal('both')], {
      default: 'both',
    }),
    depth: Type.Integer({ minimum: 0, maximum: QUERY_DEPTH_MAX, default: 2 }),
    at: Type.Optional(Type.String({ maxLength: 32, description: 'RFC 3339: as it was known then.' })),
    limit: Type.Integer({ minimum: 1, maximum: QUERY_ROWS_MAX, default: QUERY_ROWS_DEFAULT }),
    prove: Type.Boolean({ default: false }),
  },
  { additionalProperties: false },
);
export interface Question {
  start: string[];
  issuer?: string;
  types: string[];
  direction: ProvenanceQuery['direction'];
  depth: number;
  at?: string;
  limit: number;
  prove: boolean;
}

/** The query that a request means. Throws USAGE, DECODE_FAILED or LIMIT_EXCEEDED. */
export function queryOf({ at, issuer, start, types, ...rest }: Question): ProvenanceQuery {
  const time = at === undefined ? null : Date.parse(at);
  if (Number.isNaN(time)) throw new ZeroError('USAGE', `${at} is not a time such as 2026-01-31T12:00:00Z`);
  const depth = start.length === 0 ? 0 : rest.depth;
  return provenanceQuery({
    ...rest,
    depth,
    start: start.map(nodeIdOf),
    issuer: issuer ?? null,
    predicateTypes: types,
    at: time,
  });
}

/** The verified and judged rows of an answer of this node, then its end. */
export async function* judgedRows(
  node: NodeContext,
  query: ProvenanceQuery,
  signal?: AbortSignal,
): AsyncGenerator<ProvenanceRowView | ProvenanceEndView> {
  const verifier = new AnswerVerifier(query);
  const { provenance } = node;
  const judge = new RowJudge(node, provenance.service.graph, query.at);
  for await (const row of provenance.source.query(query, signal === undefined ? {} : { signal })) {
    const verified = verifier.push(row);
    if (verified !== null) yield await judge.view(verified);
  }
  const { completeness, end } = verifier.finish();
  const reasons = [...(end?.reasons ?? ['aborted']), ...(provenance.service.isWhole ? [] : ['graph-full'])];
  yield {
    kind: 'end',
    rows: end?.rows ?? 0,
    reasons,
    completeness: completeness.map((one) => ({
      ...one,
      missing: [...one.missing],
      unlisted: [...one.unlisted],
    })),
  };
}

async function* linesOf(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

export function registerProvenanceRoutes(app: FastifyInstance, node: NodeContext): void {
  const { provenance, vault } = node;

  app.post<{ Body: Question }>(
    pathOf('provenance.query'),
    {
      schema: {
        summary: 'What is known: a row a line as they are found, the end last',
        body: questionSchema,
      },
    },
    async (request, reply) => {
      const query = queryOf(request.body);
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      return reply
        .type('application/x-ndjson')
        .send(Readable.from(linesOf(judgedRows(node, query, gone.signal))));
    },
  );

  app.post<{ Body: { attestation: string; keys: string[]; agent?: string } }>(
    pathOf('provenance.add'),
    {
      bodyLimit: IMPORT_BODY_BYTES_MAX,
      schema: {
        summary:
          'Import attestations: DSSE, Sigstore bundles, in-toto, CycloneDX, SPDX, OpenVEX; one, or one a line',
        body: Type.Object(
          {
            attestation: Type.String({ minLength: 1, description: 'The bytes, in base64.' }),
            keys: Type.Array(text(KEY_CHARS_MAX), { maxItems: KEYS_MAX, default: [], description: 'PEM' }),
            agent: Type.Optional(text(128)),
          },
          { additionalProperties: false },
        ),
        response: {
          201: Type.Object({
            added: Type.Array(
              Type.Object({
                kind: Type.String(),
                predicateType: Type.String(),
                digest: Type.String(),
                verified: Type.Boolean(),
                reason: Type.Union([Type.String(), Type.Null()]),
                subjects: Type.Array(Type.String()),
                statementIds: Type.Array(Type.String()),
                known: Type.Boolean(),
              }),
            ),
          }),
        },
      },
    },
    async (request, reply) => {
      const { agent, attestation, keys } = request.body;
      const added = await provenance.importer.add(fromBase64(attestation), {
        keys,
        agent: agent as Parameters<typeof vault.get>[0] | undefined,
      });
      return reply.status(201).send({ added });
    },
  );

  app.post<{ Body: Question }>(
    pathOf('provenance.bundle'),
    {
      schema: {
        summary: 'The same answer as one file that verifies without a network',
        body: questionSchema,
      },
    },
    async (request, reply) => {
      const query = queryOf(request.body);
      const rows: ProvenanceRow[] = [];
      for await (const row of provenance.source.query(query)) rows.push(row);
      const nodes = (origin: string) => node.store.reader(origin);
      const bytes = await encodeBundle({ query, rows }, (origin, level, index) =>
        nodes(origin).node(level, index),
      );
      return reply.type('application/octet-stream').send(bytes);
    },
  );

  app.get<{ Params: { digest: string } }>(
    pathOf('provenance.original'),
    {
      schema: {
        summary: 'The original bytes of an import of this node, by their digest',
        params: Type.Object({ digest: text(128) }),
      },
    },
    async (request, reply) => {
      const bytes = await provenance.originals.get(nodeIdOf(request.params.digest));
      if (bytes === undefined) throw new ZeroError('NOT_FOUND', 'this node does not hold that original');
      return reply.type('application/octet-stream').send(bytes);
    },
  );

  app.get<{ Params: { id: string } }>(
    pathOf('provenance.proof'),
    {
      schema: {
        summary: 'A tlog-proof of a statement, for "zerostate verify" and any C2SP client',
        params: Type.Object({ id: text(128) }),
      },
    },
    async (request) => {
      const { origin, index } = placeOf(node, request.params.id);
      return await node.logProofs.proveEntry(origin, index);
    },
  );

  app.post<{ Body: { statement: string; reason: string } }>(
    pathOf('provenance.revoke'),
    {
      schema: {
        summary: 'Revoke one statement of an agent of this node',
        body: Type.Object({ statement: text(128), reason: text(512) }, { additionalProperties: false }),
        response: {
          201: Type.Object({ statementId: Type.String(), origin: Type.String(), index: Type.Integer() }),
        },
      },
    },
    async (request, reply) => {
      const { reason, statement } = request.body;
      const place = placeOf(node, statement);
      const agent = vault.list().find(({ agentId }) => agentId === place.issuer);
      if (agent === undefined)
        throw new ZeroError('NOT_OWNER', `${place.issuer} said that, and its keys are not on this node`);
      const position = await node.revocations.revokeStatement(agent.agentId, place.statementId, reason);
      return reply.status(201).send({ ...position });
    },
  );
}

/** Where a statement stands that is named by its id. Throws NOT_FOUND. */
function placeOf(node: NodeContext, id: string) {
  const { graph } = node.provenance.service;
  const self = nodeIdOf(id);
  for (const number of graph.statementsAbout(graph.thing(self))) {
    const found = graph.statement(number);
    if (graph.isSelf(number, self))
      return { ...found, statementId: contentIdOf(fromHex(self.slice('sha256:'.length))) };
  }
  throw new ZeroError('NOT_FOUND', `no statement ${id} is known here`);
}
