// Evidence against a partner, from what it has signed itself. It verifies anywhere, offline, and no word of the finder counts:
// - omission: an answer leaves out an entry of the answerer's own log that was under the head it was given from and belongs to the answer by
//   what that log says; shown is the entry itself, or the log's own committed index that lists it;
// - old-head: an answer is given from a smaller head than the one, signed by the answerer itself, that the question showed it.
// A log with two histories is protocol/log's equivocation. The bytes of evidence: evidence-file.ts.

import { AGENT_CARD_TYPE } from '../card/index.ts';
import { decodeEnvelope, envelopeId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { decodeLogEntry, leafHash, verifyInclusion, verifyNodeCheckpoint } from '../log/index.ts';
import {
  factsOfStatement,
  type Listing,
  type ProvenanceQuery,
  type ProvenEntry,
  readIndexProof,
  type StatementFacts,
} from '../provenance/index.ts';
import { verifyAgentStatement } from '../statement/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { decodeRequest, type PartnerAnswer, verifyAnswer } from './answer.ts';
import { VIA_MAX } from './limits.ts';
import { isOwed, isProvable, metBy, owedKeys } from './owed.ts';

/** The entry that an answer left out. */
export interface OmittedEntry extends ProvenEntry {
  /** Entries of the same log by which the question leads to it; none when it is about the start itself. */
  readonly via: readonly ProvenEntry[];
}

/** An entry that an answer left out and its log's committed index lists. */
export interface ListedEntry {
  readonly index: number;
  readonly via: readonly ProvenEntry[];
  /** Its keys in full. */
  readonly listing: Listing;
}

/** Bytes of a request and of the answer to it; and, of an omission, what was left out, with its inclusion under the head of the answer. */
export interface PartnerEvidence {
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
  readonly omitted: OmittedEntry | ListedEntry | null;
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

/** What an entry under the head of an answer says, as the graph understands it. */
function factsOf({ body, index, proof, record }: ProvenEntry, { root, size }: PartnerAnswer): StatementFacts {
  verifyInclusion({ leafHash: leafHash(record), index, size, proof, root });
  const envelope = decodeEnvelope(body);
  if (decodeLogEntry(record).statementId !== envelopeId(envelope))
    refuse('the entry is of another statement');
  if (envelope.payloadType === AGENT_CARD_TYPE) refuse('the entry is a card');
  return factsOfStatement(verifyAgentStatement(envelope));
}

function verifyListing(
  query: ProvenanceQuery,
  { index, listing }: ListedEntry,
  via: readonly StatementFacts[],
  answer: Verified<PartnerAnswer>,
): void {
  const wanted = owedKeys(query, via);
  const { things, selves } = metBy(query, via);
  const { lists, root } = readIndexProof(
    query,
    { things: [...things], selves: [...selves] },
    { kind: 'completeness', origin: answer.origin, ...listing },
    answer,
  );
  const isListed = wanted.some((key) => lists.get(key.toHex())?.some((posting) => posting.index === index));
  if (!isListed || index >= root.size) refuse('the index does not list the entry under what was asked');
}

function verifyOmitted(
  query: ProvenanceQuery,
  omitted: OmittedEntry | ListedEntry,
  answer: Verified<PartnerAnswer>,
): string {
  if (answer.isCut) refuse('the answer says itself that it is cut');
  if (!isProvable(query)) refuse('the question is about another time: only the answerer knows what it knew');
  if (answer.indexes.includes(omitted.index)) refuse('the answer has this entry');
  if (omitted.via.length > VIA_MAX) refuse('the way to the entry is too long');
  const via = omitted.via.map((entry) => factsOf(entry, answer));
  if ('listing' in omitted) {
    verifyListing(query, omitted, via, answer);
    return `it left out entry ${omitted.index} of its own log, which its own committed index lists under what was asked`;
  }
  if (!isOwed(query, factsOf(omitted, answer), via)) refuse('the entry does not belong to what was asked');
  return `it left out entry ${omitted.index} of its own log, which belongs to what was asked`;
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
  const detail = verifyOmitted(request.query, evidence.omitted, answer);
  return markVerified({ lie: 'omission', origin, answered: size, owed: size, issuedAtMs, detail });
}
