// Evidence against a partner, from what it has signed itself. It verifies anywhere, offline, and no word of the finder counts:
// - omission: an answer leaves out an entry of the answerer's own log that was under the head it was given from, and is about the thing asked;
// - old-head: an answer is given from a smaller head than the one, signed by the answerer itself, that the question showed it.
// A log with two histories is protocol/log's equivocation.

import { fromBase64, toBase64, utf8 } from '../bytes/index.ts';
import { AGENT_CARD_TYPE } from '../card/index.ts';
import { decodeEnvelope, envelopeId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import {
  decodeLogEntry,
  INCLUSION_ELEMENTS_MAX,
  leafHash,
  requireHash,
  requireSize,
  verifyInclusion,
  verifyNodeCheckpoint,
} from '../log/index.ts';
import { factsOfStatement, type ProvenanceQuery } from '../provenance/index.ts';
import { verifyAgentStatement } from '../statement/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { decodeRequest, verifyAnswer } from './answer.ts';
import { PARTNER_EVIDENCE_BYTES_MAX } from './limits.ts';

export const PARTNER_EVIDENCE_KIND = 'zerostate-partner-evidence/v1';

/** The entry that an answer left out, with its inclusion under the head of the answer. */
export interface OmittedEntry {
  readonly index: number;
  readonly record: Uint8Array;
  readonly body: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Bytes of a request and of the answer to it; and, of an omission, the entry. */
export interface PartnerEvidence {
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  readonly omitted: OmittedEntry | null;
}

/** What verified evidence says. */
export interface PartnerFinding {
  readonly lie: 'omission' | 'old-head';
  /** Log of who lied. */
  readonly origin: string;
  /** Sizes of the heads: of the answer, and of the one it should have known (old-head) or given from (omission). */
  readonly answered: number;
  readonly owed: number;
  readonly issuedAtMs: number;
  /** One sentence. */
  readonly detail: string;
}

function refuse(message: string): never {
  throw new ZeroError('PROOF_INVALID', message);
}

/** True for a question to which every statement about its start is an answer: no filter on issuer, type or time. */
export function isPlainQuestion({ at, direction, issuer, predicateTypes, start }: ProvenanceQuery): boolean {
  const isFiltered = issuer !== null || predicateTypes.length > 0 || at !== null;
  return start.length > 0 && !isFiltered && direction !== 'uses';
}

/** True when a verified statement says something about one of the things that a question starts from, as the graph understands it. */
function isAbout(body: Uint8Array, query: ProvenanceQuery): boolean {
  const envelope = decodeEnvelope(body);
  if (envelope.payloadType === AGENT_CARD_TYPE) return false;
  const { about } = factsOfStatement(verifyAgentStatement(envelope));
  return about.some((thing) => query.start.includes(thing));
}

/** Checks evidence. Throws PROOF_INVALID when it convicts nobody, else as its parts do. */
export function verifyPartnerEvidence(evidence: PartnerEvidence): Verified<PartnerFinding> {
  const request = decodeRequest(evidence.request);
  const answer = verifyAnswer(evidence.answer, evidence.request);
  const { origin, issuedAtMs, size } = answer;
  if (evidence.omitted === null) {
    if (request.known === null) refuse('the question showed no head');
    const known = verifyNodeCheckpoint(request.known, origin);
    if (known.size <= size) refuse('the answer was not given from an older head');
    return markVerified({
      lie: 'old-head',
      origin,
      answered: size,
      owed: known.size,
      issuedAtMs,
      detail: `it was shown its own signed head of ${known.size} entries and answered from one of ${size}`,
    });
  }
  const { index, record, body, proof } = evidence.omitted;
  if (answer.isCut) refuse('the answer says itself that it is cut');
  if (!isPlainQuestion(request.query))
    refuse('the question has filters: what is left out may not belong to it');
  if (answer.indexes.includes(index)) refuse('the answer has this entry');
  verifyInclusion({ leafHash: leafHash(record), index, size, proof, root: answer.root });
  if (decodeLogEntry(record).statementId !== envelopeId(decodeEnvelope(body)))
    refuse('the entry is of another statement');
  if (!isAbout(body, request.query)) refuse('the entry is not about what was asked');
  return markVerified({
    lie: 'omission',
    origin,
    answered: size,
    owed: size,
    issuedAtMs,
    detail: `it left out entry ${index} of its own log, which is about what was asked`,
  });
}

/** Bytes of an evidence file (JSON). */
export function encodePartnerEvidence({ request, answer, omitted }: PartnerEvidence): Uint8Array {
  const entry =
    omitted === null
      ? null
      : {
          index: omitted.index,
          record: toBase64(omitted.record),
          body: toBase64(omitted.body),
          proof: omitted.proof.map(toBase64),
        };
  return utf8(
    JSON.stringify({
      kind: PARTNER_EVIDENCE_KIND,
      request: toBase64(request),
      answer: toBase64(answer),
      omitted: entry,
    }),
  );
}

function bytesOf(value: JsonValue | undefined, what: string): Uint8Array {
  if (typeof value !== 'string') throw new ZeroError('DECODE_FAILED', `evidence: ${what} is missing`);
  return fromBase64(value);
}

/** Parses an evidence file; verifyPartnerEvidence decides whether it is evidence. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodePartnerEvidence(input: string | Uint8Array): PartnerEvidence {
  const value = parseStrictJson(input, { bytesMax: PARTNER_EVIDENCE_BYTES_MAX, depthMax: 4 });
  if (!isJsonObject(value) || value.kind !== PARTNER_EVIDENCE_KIND)
    throw new ZeroError('DECODE_FAILED', 'not evidence against a partner');
  const { omitted } = value;
  const parts = { request: bytesOf(value.request, 'request'), answer: bytesOf(value.answer, 'answer') };
  if (omitted === null) return { ...parts, omitted: null };
  if (!isJsonObject(omitted) || !Array.isArray(omitted.proof) || typeof omitted.index !== 'number')
    throw new ZeroError('DECODE_FAILED', 'evidence: the omitted entry lacks a part');
  if (omitted.proof.length > INCLUSION_ELEMENTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', 'evidence: the proof has too many elements');
  return {
    ...parts,
    omitted: {
      index: requireSize(omitted.index, 'position'),
      record: bytesOf(omitted.record, 'record'),
      body: bytesOf(omitted.body, 'body'),
      proof: omitted.proof.map((hash) => requireHash(bytesOf(hash, 'proof element'), 'proof element')),
    },
  };
}
