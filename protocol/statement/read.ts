// Reads in-toto statements from verified payload bytes. Members that in-toto does not know are ignored, as its specification
// demands of consumers; statements of our own are read more strictly by agent-statement.ts.

import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import {
  DIGEST_CHARS_MAX,
  DIGESTS_MAX,
  FOREIGN_STATEMENT_BYTES_MAX,
  FOREIGN_VALUES_MAX,
  PREDICATE_TYPE_CHARS_MAX,
  SUBJECT_NAME_CHARS_MAX,
  SUBJECTS_MAX,
} from './limits.ts';
import { type DigestSet, STATEMENT_TYPE, STATEMENT_TYPE_V01, type Statement, type Subject } from './types.ts';

/** Hexadecimal digits of the algorithms that we compare; others are kept as text. */
const HEX_DIGITS: Readonly<Record<string, number>> = {
  sha1: 40,
  gitCommit: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};
const ALGORITHM = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const VISIBLE = /^[\x21-\x7e]+$/;

function refuse(message: string): never {
  throw new ZeroError('DECODE_FAILED', `statement: ${message}`);
}

/** The digests of a subject. Known algorithms must have their length in lower-case hexadecimal; Error: DECODE_FAILED. */
export function readDigestSet(value: JsonValue | undefined): DigestSet {
  if (!isJsonObject(value)) refuse('a subject has no digest');
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > DIGESTS_MAX)
    refuse(`a subject has not between 1 and ${DIGESTS_MAX} digests`);
  for (const [algorithm, digest] of entries) {
    if (
      !ALGORITHM.test(algorithm) ||
      typeof digest !== 'string' ||
      digest.length > DIGEST_CHARS_MAX ||
      !VISIBLE.test(digest)
    )
      refuse('a digest has a refused form');
    const digits = HEX_DIGITS[algorithm];
    // gitCommit is 40 digits, or 64 in a SHA-256 repository.
    if (digits === undefined || (algorithm === 'gitCommit' && /^[0-9a-f]{64}$/.test(digest))) continue;
    if (digest.length !== digits || !/^[0-9a-f]+$/.test(digest))
      refuse(`a ${algorithm} digest is not ${digits} lower-case hexadecimal digits`);
  }
  return value as DigestSet;
}

function readText(value: JsonValue | undefined, what: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > SUBJECT_NAME_CHARS_MAX)
    refuse(`a subject's ${what} is not text of at most ${SUBJECT_NAME_CHARS_MAX} characters`);
  return value;
}

function readSubject(value: JsonValue): Subject {
  if (!isJsonObject(value)) refuse('a subject is not an object');
  const [name, uri] = [readText(value.name, 'name'), readText(value.uri, 'uri')];
  return {
    ...(name === undefined ? {} : { name }),
    ...(uri === undefined ? {} : { uri }),
    digest: readDigestSet(value.digest),
  };
}

/** The statement in a parsed payload. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function readStatement(value: JsonValue): Statement {
  if (!isJsonObject(value)) refuse('not an object');
  const { _type, subject, predicateType, predicate } = value;
  if (_type !== STATEMENT_TYPE && _type !== STATEMENT_TYPE_V01)
    refuse('_type is not that of an in-toto statement');
  if (!Array.isArray(subject) || subject.length === 0) refuse('it has no subject');
  if (subject.length > SUBJECTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `statement has more than ${SUBJECTS_MAX} subjects`);
  if (
    typeof predicateType !== 'string' ||
    predicateType.length > PREDICATE_TYPE_CHARS_MAX ||
    !VISIBLE.test(predicateType)
  )
    refuse('predicateType is not a URI');
  // in-toto allows a missing predicate: the type alone is the claim.
  const claim: JsonValue = predicate ?? {};
  if (!isJsonObject(claim)) refuse('predicate is not an object');
  return { _type, subject: subject.map(readSubject), predicateType, predicate: claim as JsonObject };
}

/** The statement of verified payload bytes. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function parseStatement(
  payload: Uint8Array,
  bytesMax: number = FOREIGN_STATEMENT_BYTES_MAX,
): Statement {
  return readStatement(parseStrictJson(payload, { bytesMax, valuesMax: FOREIGN_VALUES_MAX }));
}
