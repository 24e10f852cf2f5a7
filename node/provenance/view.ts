// The rows of an answer as the API gives them: one schema, one type.

import Type, { type Static } from 'typebox';
import { RELATIONS } from '../../protocol/provenance/index.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);
const text = Type.String();

/** One statement, verified and judged. */
export const provenanceRowSchema = Type.Object({
  kind: Type.Literal('statement'),
  statementId: text,
  origin: Type.String({ description: 'The log that holds it.' }),
  index: Type.Integer(),
  depth: Type.Integer({ description: 'Steps from what was asked about.' }),
  issuer: nullable(text),
  predicateType: nullable(text),
  issuedAt: nullable(text),
  knownAt: Type.String({ description: 'Since when this node knows it.' }),
  edges: Type.Array(Type.Object({ from: text, relation: Type.Enum([...RELATIONS]), to: text })),
  says: Type.Record(Type.String(), Type.String()),
  proof: Type.Object({ treeSize: Type.Integer(), root: text }),
  witnesses: Type.Object({
    policy: text,
    required: Type.Integer(),
    counted: Type.Integer(),
    reached: Type.Boolean(),
    asOf: nullable(text),
  }),
  freshness: nullable(Type.Object({ state: text, asOf: nullable(text), ageMs: nullable(Type.Number()) })),
  reputation: nullable(Type.Object({ status: text, lower: Type.Integer({ description: 'In millionths.' }) })),
  verdict: Type.Object({
    verdict: Type.Enum(['accept', 'reject', 'unknown']),
    reason: text,
    decision: nullable(Type.String({ description: 'A decision for "zerostate why", or the revocation.' })),
  }),
});
export type ProvenanceRowView = Static<typeof provenanceRowSchema>;

/** The last row: what is not in the answer, and of which logs it was proven that nothing is missing. */
export const provenanceEndSchema = Type.Object({
  kind: Type.Literal('end'),
  rows: Type.Integer(),
  reasons: Type.Array(text),
  completeness: Type.Array(
    Type.Object({
      origin: text,
      complete: Type.Boolean(),
      size: Type.Integer({ description: 'Entries that the committed index speaks for.' }),
      treeSize: Type.Integer(),
      missing: Type.Array(Type.Integer()),
      unlisted: Type.Array(Type.Integer()),
    }),
  ),
});
export type ProvenanceEndView = Static<typeof provenanceEndSchema>;
