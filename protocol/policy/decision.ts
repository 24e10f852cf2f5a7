// The record of a decision: all that was known, and what came of it, so that anybody with the policies comes to the same. Bounded.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { sha256 } from '../crypto/index.ts';
import { contentIdOf } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonValue } from '../json/index.ts';
import { POLICY_KINDS, type PolicyEntity, type ReadyPolicies } from './kinds.ts';
import { CANDIDATE_EVIDENCE_MAX, CANDIDATES_MAX, DECISION_BYTES_MAX } from './limits.ts';

const closed = { additionalProperties: false } as const;
const text = Type.String({ maxLength: 4_096 });
const facts = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([text, Type.Integer(), Type.Boolean(), Type.Array(text, { maxItems: 1_024 })]),
);
const entity = Type.Object(
  {
    type: Type.Enum(['Node', 'Agent', 'Peer', 'Task', 'Statement']),
    id: Type.String({ maxLength: 512 }),
    facts,
  },
  closed,
);
const candidateSchema = Type.Object(
  {
    resource: entity,
    context: facts,
    /** What refused it before a policy was asked, with its sentence; null where the policy had the word. */
    refused: Type.Union([text, Type.Null()]),
    allow: Type.Boolean(),
    policies: Type.Array(text),
    errors: Type.Array(text),
    detail: text,
    /** Statement, card and bundle ids that what was known rests on. */
    evidence: Type.Array(Type.String({ maxLength: 128 }), { maxItems: CANDIDATE_EVIDENCE_MAX }),
  },
  closed,
);
export const decisionRecordSchema = Type.Object(
  {
    version: Type.Literal(1),
    kind: Type.Enum([...POLICY_KINDS]),
    /** Milliseconds since 1970. */
    at: Type.Integer({ minimum: 0 }),
    /** Tells decisions of one millisecond apart. */
    nonce: Type.Integer({ minimum: 0 }),
    principal: entity,
    /** What was asked for, in words and numbers: filters, limits. */
    constraints: Type.Record(Type.String({ maxLength: 64 }), text),
    policy: Type.Object(
      {
        id: Type.String({ maxLength: 64 }),
        name: Type.String({ maxLength: 64 }),
        sequence: Type.Integer({ minimum: 0 }),
      },
      closed,
    ),
    candidates: Type.Array(candidateSchema, { maxItems: CANDIDATES_MAX }),
    /** Candidates that were decided about and are not kept here. */
    omitted: Type.Integer({ minimum: 0 }),
    /** Ids of the resources that were chosen. */
    choice: Type.Array(Type.String({ maxLength: 512 }), { maxItems: CANDIDATES_MAX }),
  },
  closed,
);

export type DecisionRecord = Static<typeof decisionRecordSchema>;
export type DecisionCandidate = Static<typeof candidateSchema>;

/** A record with its id. */
export interface Decision {
  readonly id: string;
  readonly record: DecisionRecord;
}

/** The id of a record: content id of its canonical bytes, so a changed record has another. */
export function decisionId(record: DecisionRecord): string {
  return contentIdOf(sha256(canonicalJson(record as unknown as JsonValue)));
}

/** Makes a record within its bounds: the chosen candidates are kept first, then the others in their order. */
export function makeDecision(
  draft: Omit<DecisionRecord, 'version' | 'omitted'>,
  sizeOf: (candidate: DecisionCandidate) => number = (one) =>
    canonicalJson(one as unknown as JsonValue).length,
): Decision {
  const chosen = new Set(draft.choice);
  const order = [
    ...draft.candidates.filter(({ resource }) => chosen.has(resource.id)),
    ...draft.candidates.filter(({ resource }) => !chosen.has(resource.id)),
  ];
  // As a rule all fit: then the bytes are made once, for the id.
  if (order.length <= CANDIDATES_MAX) {
    const record: DecisionRecord = { ...draft, version: 1, candidates: order, omitted: 0 };
    const whole = canonicalJson(record as unknown as JsonValue);
    if (whole.length <= DECISION_BYTES_MAX && draft.choice.length <= CANDIDATES_MAX)
      return { id: contentIdOf(sha256(whole)), record };
  }
  const candidates: DecisionCandidate[] = [];
  let bytes = canonicalJson({ ...draft, candidates: [] } as unknown as JsonValue).length;
  for (const candidate of order) {
    if (candidates.length >= CANDIDATES_MAX) break;
    const size = sizeOf(candidate);
    if (bytes + size > DECISION_BYTES_MAX) continue;
    bytes += size + 1;
    candidates.push(candidate);
  }
  const record: DecisionRecord = {
    ...draft,
    version: 1,
    choice: draft.choice.slice(0, CANDIDATES_MAX),
    candidates,
    omitted: draft.candidates.length - candidates.length,
  };
  return { id: decisionId(record), record };
}

/** Reads a record of the right form, whatever its id. Errors: DECODE_FAILED. */
export function readDecisionForm(value: unknown): DecisionRecord {
  if (!Value.Check(decisionRecordSchema, value)) {
    const [first] = Value.Errors(decisionRecordSchema, value);
    throw new ZeroError('DECODE_FAILED', `decision record: ${first?.instancePath} ${first?.message}`);
  }
  return value;
}

/** Reads a record and checks that it has this id. Errors: DECODE_FAILED. */
export function readDecisionRecord(value: unknown, id: string): Decision {
  const record = readDecisionForm(value);
  if (decisionId(record) !== id) throw new ZeroError('DECODE_FAILED', 'the decision record was changed');
  return { id, record };
}

/** One candidate under other policies, or the same ones again. */
export interface Replayed {
  readonly resource: string;
  readonly was: { readonly allow: boolean; readonly policies: readonly string[] };
  readonly now: { readonly allow: boolean; readonly policies: readonly string[]; readonly detail: string };
  readonly same: boolean;
}

/** True for a candidate that a policy was asked about. */
const wasAsked = ({ refused }: DecisionCandidate): boolean => refused === null;

/** Asks policies again about what a record holds and a policy was asked about. Pure. `same` compares the verdict and the policies that made it. */
export function replayDecision(record: DecisionRecord, policies: ReadyPolicies): Replayed[] {
  return record.candidates.filter(wasAsked).map(({ resource, context, allow, policies: by }) => {
    const question = {
      kind: record.kind,
      principal: record.principal as PolicyEntity,
      resource: resource as PolicyEntity,
      context,
    };
    const now = policies.ask(question);
    return {
      resource: resource.id,
      was: { allow, policies: by },
      now: { allow: now.allow, policies: now.policies, detail: now.detail },
      same: now.allow === allow && now.policies.join() === by.join(),
    };
  });
}
