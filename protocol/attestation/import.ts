// Imports attestations as other tools write them: cosign, SLSA generators, GitHub, syft, vexctl and their kin.
// The signature is checked before the payload is read; what has no signature, or no trusted one, is marked unverified.

import { fromUtf8, toHex, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { type Envelope, envelopeFromJson, envelopeId, trustedSigners } from '../envelope/index.ts';
import { isZeroError, ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import {
  FOREIGN_STATEMENT_BYTES_MAX,
  FOREIGN_VALUES_MAX,
  parseStatement,
  readStatement,
  STATEMENT_PAYLOAD_TYPE,
  type Statement,
} from '../statement/index.ts';
import { factsOf } from './facts.ts';
import { kindOfPredicateType, predicateTypeOfDocument } from './kinds.ts';
import { ATTESTATION_BYTES_MAX, ATTESTATIONS_PER_FILE_MAX } from './limits.ts';
import type { AttestationForm, AttestationProof, ImportedAttestation } from './types.ts';

export interface ImportTrust {
  /** Public keys of the signers one trusts; see publicKeyOfPem. */
  readonly keys?: readonly Uint8Array[];
  /** How many of them must have signed; 1 unless told. */
  readonly threshold?: number;
}

interface Unwrapped {
  readonly form: AttestationForm;
  readonly envelope: Envelope | null;
  readonly statement: Statement | null;
  /** The predicate, or the whole bare document. */
  readonly content: JsonObject;
  readonly predicateType: string;
}

function refuse(message: string): never {
  throw new ZeroError('DECODE_FAILED', `attestation: ${message}`);
}

function fromEnvelope(form: 'dsse' | 'sigstore-bundle', value: JsonValue): Unwrapped {
  const envelope = envelopeFromJson(value, { payloadBytesMax: FOREIGN_STATEMENT_BYTES_MAX });
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE)
    refuse('the envelope does not hold an in-toto statement');
  const statement = parseStatement(envelope.payload);
  return { form, envelope, statement, content: statement.predicate, predicateType: statement.predicateType };
}

function unwrap(value: JsonValue): Unwrapped {
  if (!isJsonObject(value)) refuse('not a JSON object');
  if (typeof value.payloadType === 'string') return fromEnvelope('dsse', value);
  if (
    typeof value.mediaType === 'string' &&
    value.mediaType.startsWith('application/vnd.dev.sigstore.bundle')
  ) {
    if (value.dsseEnvelope === undefined) refuse('the Sigstore bundle holds no DSSE envelope');
    return fromEnvelope('sigstore-bundle', value.dsseEnvelope);
  }
  if (typeof value._type === 'string') {
    const statement = readStatement(value);
    return {
      form: 'statement',
      envelope: null,
      statement,
      content: statement.predicate,
      predicateType: statement.predicateType,
    };
  }
  const predicateType = predicateTypeOfDocument(value);
  if (predicateType === undefined) refuse('neither an envelope, a statement, CycloneDX, SPDX nor OpenVEX');
  return { form: 'document', envelope: null, statement: null, content: value, predicateType };
}

function prove(envelope: Envelope | null, trust: ImportTrust): AttestationProof {
  if (envelope === null) return { status: 'unverified', reason: 'it carries no signature' };
  const { keys = [], threshold = 1 } = trust;
  if (keys.length === 0) return { status: 'unverified', reason: 'no trusted key was given' };
  const found = trustedSigners(envelope, keys).map(({ keyid }) => keyid);
  if (found.length < Math.max(1, threshold))
    return {
      status: 'unverified',
      reason: `${found.length} of ${threshold} required trusted keys signed it`,
    };
  return { status: 'verified', keys: found };
}

/**
 * Imports one attestation. Refuses kinds that are not admitted; a missing or untrusted signature only marks it unverified.
 * Errors: DECODE_FAILED, LIMIT_EXCEEDED, KEY_INVALID for a malformed trusted key.
 */
export function importAttestation(bytes: Uint8Array, trust: ImportTrust = {}): ImportedAttestation {
  const { form, envelope, statement, content, predicateType } = unwrap(
    parseStrictJson(bytes, { bytesMax: ATTESTATION_BYTES_MAX, valuesMax: FOREIGN_VALUES_MAX }),
  );
  const kind = kindOfPredicateType(predicateType);
  if (kind === undefined) refuse(`the predicate type ${predicateType.slice(0, 100)} is not admitted`);
  const facts = factsOf(kind, content);
  return {
    ...facts,
    // A signed statement says what it is about; a document inside it does not decide that.
    subjects: statement === null ? facts.subjects : statement.subject,
    kind,
    predicateType,
    form,
    digest: `sha256:${toHex(sha256(bytes))}`,
    bytes: bytes.length,
    envelopeId: envelope === null ? null : envelopeId(envelope),
    statement,
    proof: prove(envelope, trust),
  };
}

/** One attestation of a file, and the bytes that it is. */
export interface ReadAttestation {
  readonly imported: ImportedAttestation;
  readonly original: Uint8Array;
}

/**
 * The attestations of a file, each with its bytes: one, or one a line (.intoto.jsonl, `cosign download attestation`), read one after the other as they are
 * asked for. Errors as importAttestation.
 */
export function* readAttestations(bytes: Uint8Array, trust: ImportTrust = {}): Generator<ReadAttestation> {
  let lines: string[];
  try {
    yield { imported: importAttestation(bytes, trust), original: bytes };
    return;
  } catch (error) {
    lines =
      isZeroError(error) && error.message === 'text is not JSON'
        ? fromUtf8(bytes)
            .split('\n')
            .filter((line) => line.trim() !== '')
        : [];
    if (lines.length < 2) throw error;
  }
  if (lines.length > ATTESTATIONS_PER_FILE_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `file has more than ${ATTESTATIONS_PER_FILE_MAX} attestations`);
  for (const line of lines) {
    const original = utf8(line);
    yield { imported: importAttestation(original, trust), original };
  }
}

/** All of them at once. */
export function importAttestations(bytes: Uint8Array, trust: ImportTrust = {}): ImportedAttestation[] {
  return [...readAttestations(bytes, trust)].map(({ imported }) => imported);
}
