// What one partner asks and the other signs: an answer names the request it belongs to, the head of the log it was given from, and every
// position of that log that it holds. So an answer that leaves something out, or is given from an old head, convicts who signed it.

import { equalBytes, fromBase64, fromHex, toBase64, toHex } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { type AgentId, requireAgentId } from '../identity/index.ts';
import { canonicalJson, parseStrictJson } from '../json/index.ts';
import { HASH_BYTES, NOTE_BYTES_MAX, originKey, requireSize } from '../log/index.ts';
import { decodeQuery, encodeQuery, type ProvenanceQuery, QUERY_BYTES_MAX } from '../provenance/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { ANSWER_BYTES_MAX, ANSWER_INDEXES_MAX } from './limits.ts';

export const ANSWER_TYPE = 'application/vnd.zerostate.partner-answer+json';
const NONCE_BYTES = 16;
/** Logs that one question sets apart: those of the partners that it is put to. */
export const APART_MAX = 64;
/** Bytes of a request: its query and the known head in base64. */
export const PARTNER_REQUEST_BYTES_MAX: number = QUERY_BYTES_MAX * 2 + NOTE_BYTES_MAX * 2 + APART_MAX * 256;

/** A question to one partner. */
export interface PartnerRequest {
  readonly query: ProvenanceQuery;
  /** Agent that asks. */
  readonly asker: AgentId;
  /** Log of the node that is asked. */
  readonly origin: string;
  /** Newest signed head of that log that the asker holds; null when it holds none. */
  readonly known: string | null;
  /** Other logs that are asked themselves, sorted: their entries are not wanted from this one. Where completeness is proven along a walk: none. */
  readonly apart: readonly string[];
  /** 16 random bytes: an answer to another question is none to this. */
  readonly nonce: Uint8Array;
}

/** What the asked node signs with the key of its log. */
export interface PartnerAnswer {
  readonly origin: string;
  /** SHA-256 of the request's bytes. */
  readonly request: Uint8Array;
  /** Head of the log that the answer was given from. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Positions of that log among the rows, sorted. */
  readonly indexes: readonly number[];
  /** True when a limit cut the answer: then it does not claim to be all. */
  readonly isCut: boolean;
  readonly issuedAtMs: number;
}

const ORIGIN = { max: 255, pattern: /^[\x21-\x7e]+$/ };
const bounds = { payloadBytesMax: ANSWER_BYTES_MAX };

/** Bytes of a request. */
export function encodeRequest({ apart, query, asker, origin, known, nonce }: PartnerRequest): Uint8Array {
  return canonicalJson({
    type: 'PartnerRequest',
    version: 1,
    query: toBase64(encodeQuery(query)),
    asker,
    origin,
    known,
    apart: [...apart],
    nonce: toHex(nonce),
  });
}

/** The request of bytes. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeRequest(bytes: Uint8Array): PartnerRequest {
  const value = parseStrictJson(bytes, { bytesMax: PARTNER_REQUEST_BYTES_MAX, depthMax: 3 });
  const fields = new Fields(value, 'request', [
    'type',
    'version',
    'query',
    'asker',
    'origin',
    'known',
    'apart',
    'nonce',
  ]);
  fields.constant('type', 'PartnerRequest');
  fields.constant('version', 1);
  const known = fields.raw('known');
  if (known !== null && (typeof known !== 'string' || known.length > NOTE_BYTES_MAX))
    fields.refuse('known', 'is neither null nor a signed head');
  const nonce = fromHex(fields.text('nonce', { min: NONCE_BYTES * 2, max: NONCE_BYTES * 2 }));
  const query = decodeQuery(fromBase64(fields.text('query', { max: QUERY_BYTES_MAX * 2 })));
  const request: PartnerRequest = {
    query,
    asker: requireAgentId(fields.raw('asker'), 'request.asker'),
    origin: fields.text('origin', ORIGIN),
    known: known as string | null,
    apart: fields.textList('apart', { max: APART_MAX, item: ORIGIN }),
    nonce,
  };
  if (!equalBytes(encodeRequest(request), bytes))
    throw new ZeroError('DECODE_FAILED', 'the request is not in its one form');
  return request;
}

/** Signs an answer with the key of the log that it is given from. */
export function signAnswer(answer: PartnerAnswer, signer: Signer): Uint8Array {
  const payload = canonicalJson({
    type: 'PartnerAnswer',
    version: 1,
    origin: answer.origin,
    request: toHex(answer.request),
    size: answer.size,
    root: toHex(answer.root),
    indexes: [...answer.indexes],
    isCut: answer.isCut,
    issuedAtMs: answer.issuedAtMs,
  });
  return encodeEnvelope(
    signEnvelope({ payloadType: ANSWER_TYPE, payload, signers: [signer] }, bounds),
    bounds,
  );
}

function readAnswer(envelope: Envelope): PartnerAnswer {
  const value = parseStrictJson(envelope.payload, { bytesMax: ANSWER_BYTES_MAX, depthMax: 3 });
  const members = ['type', 'version', 'origin', 'request', 'size', 'root', 'indexes', 'isCut', 'issuedAtMs'];
  const fields = new Fields(value, 'answer', members);
  fields.constant('type', 'PartnerAnswer');
  fields.constant('version', 1);
  const hash = (name: string) =>
    fromHex(fields.text(name, { min: HASH_BYTES * 2, max: HASH_BYTES * 2, pattern: /^[0-9a-f]+$/ }));
  const indexes = fields.list('indexes', { max: ANSWER_INDEXES_MAX }, (item) => {
    if (typeof item !== 'number') fields.refuse('indexes', 'has an item that is no position');
    return requireSize(item, 'position');
  });
  if (indexes.some((index, i) => i > 0 && index <= (indexes[i - 1] as number)))
    fields.refuse('indexes', 'is not sorted');
  const size = fields.integer('size', 0);
  if (indexes.some((index) => index >= size)) fields.refuse('indexes', 'has a position beyond the head');
  return {
    origin: fields.text('origin', ORIGIN),
    request: hash('request'),
    size,
    root: hash('root'),
    indexes,
    isCut: fields.boolean('isCut'),
    issuedAtMs: fields.integer('issuedAtMs', 0),
  };
}

/** Verifies an answer under the key that its origin names, as one to these request bytes. Throws SIGNATURE_INVALID, DECODE_FAILED, KEY_INVALID or LIMIT_EXCEEDED. */
export function verifyAnswer(bytes: Uint8Array, request: Uint8Array): Verified<PartnerAnswer> {
  const envelope = decodeEnvelope(bytes, bounds);
  if (envelope.payloadType !== ANSWER_TYPE)
    throw new ZeroError('DECODE_FAILED', 'not the answer of a partner');
  const { origin } = decodeRequest(request);
  verifyExactly(envelope, [originKey(origin)]);
  const answer = readAnswer(envelope);
  if (answer.origin !== origin || !equalBytes(answer.request, sha256(request)))
    throw new ZeroError('SIGNATURE_INVALID', 'the answer is to another question');
  return markVerified(answer);
}
