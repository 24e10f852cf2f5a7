// Documents that one agent signs for another: an agent's keychain inside, so that they verify alone. Pure; time is an argument.

import {
  decodeEnvelope,
  type Envelope,
  envelopeId,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import {
  type AgentId,
  type AgentKeys,
  checkKeysTime,
  type Keychain,
  keychainToJson,
  operationalKeysOf,
  verifyKeychainJson,
} from '../identity/index.ts';
import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../json/index.ts';
import type { Verified } from '../verified.ts';
import { AGREEMENT_MS_MAX, PARTNER_DOCUMENT_BYTES_MAX } from './limits.ts';

const bounds = { payloadBytesMax: PARTNER_DOCUMENT_BYTES_MAX };
const COMMON = ['type', 'version', 'agent', 'keychain', 'issuedAtMs'];

/** Who signs a document. */
export interface DocumentAuthor {
  readonly agentId: AgentId;
  readonly keychain: Keychain;
  /** The operational keys, in order. */
  readonly signers: readonly Signer[];
}

/** A kind of document. */
export interface DocumentKind<T> {
  readonly payloadType: string;
  /** Value of the member `type`. */
  readonly type: string;
  readonly members: readonly string[];
  readonly read: (fields: Fields) => T;
}

/** What every verified document says. */
export interface AgentDocument {
  readonly agent: AgentId;
  readonly issuedAtMs: number;
  /** Content id of what was signed. */
  readonly id: string;
  readonly keys: Verified<AgentKeys>;
  readonly envelope: Envelope;
}

/** Signs a document. Errors as verifyDocument. */
export function signDocument<T>(
  kind: DocumentKind<T>,
  author: DocumentAuthor,
  members: JsonObject,
  issuedAtMs: number,
): Envelope {
  const payload = canonicalJson({
    type: kind.type,
    version: 1,
    agent: author.agentId,
    keychain: keychainToJson(author.keychain) as unknown as JsonValue,
    issuedAtMs,
    ...members,
  });
  const envelope = signEnvelope({ payloadType: kind.payloadType, payload, signers: author.signers }, bounds);
  verifyDocument(kind, envelope);
  return envelope;
}

/** Verifies a document under the keys that it carries. Throws AGREEMENT_INVALID, SIGNATURE_INVALID, KEYCHAIN_INVALID, DECODE_FAILED or LIMIT_EXCEEDED. */
export function verifyDocument<T>(kind: DocumentKind<T>, input: Envelope | Uint8Array): T & AgentDocument {
  const envelope = input instanceof Uint8Array ? decodeEnvelope(input, bounds) : input;
  if (envelope.payloadType !== kind.payloadType)
    throw new ZeroError('DECODE_FAILED', `the envelope does not hold a ${kind.type}`);
  const value = parseStrictJson(envelope.payload, { bytesMax: PARTNER_DOCUMENT_BYTES_MAX });
  const keys = verifyKeychainJson(isJsonObject(value) ? value.keychain : undefined, `${kind.type}.keychain`);
  verifyExactly(envelope, operationalKeysOf(keys));
  const fields = new Fields(value, kind.type, [...COMMON, ...kind.members]);
  fields.constant('type', kind.type);
  fields.constant('version', 1);
  const issuedAtMs = fields.integer('issuedAtMs', 0);
  if (fields.raw('agent') !== keys.agentId)
    throw new ZeroError('AGREEMENT_INVALID', `${kind.type} names another agent than its keys`);
  if (checkKeysTime(keys, issuedAtMs) !== 'valid')
    throw new ZeroError('AGREEMENT_INVALID', `the key was not in force when the ${kind.type} was issued`);
  return { ...kind.read(fields), agent: keys.agentId, issuedAtMs, id: envelopeId(envelope), keys, envelope };
}

/** The end of a document's validity, within the longest allowed. */
export function readEnd(fields: Fields): number {
  const issued = fields.integer('issuedAtMs', 0);
  return fields.integer('notAfterMs', issued, issued + AGREEMENT_MS_MAX);
}
