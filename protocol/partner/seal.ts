// Sealing a statement: what is public is a commitment that its issuer signs into the log; the statement stays private, and is opened to a
// partner wholly or in parts. Pure: entropy is an argument.

import { concatBytes, equalBytes, toHex, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { type Envelope, envelopeDigest } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../json/index.ts';
import {
  parseStatement,
  SEALED_DIGESTS_MAX,
  SEALED_SUBJECTS_MAX,
  type SealedPredicate,
  STATEMENT_PAYLOAD_TYPE,
  type Statement,
} from '../statement/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { discloseParts, type Entropy, openDisclosures, readDisclosure } from './disclosure.ts';
import { DISCLOSURE_SALT_BYTES } from './limits.ts';
import { type Body, joinParts, type Part, type PartialBody, splitBody } from './paths.ts';
import { applyScope, isOpened, type Scope } from './scope.ts';

const DOMAIN = utf8('zerostate sealed statement v1\n');

/** The public part: members of the predicate of a sealed statement. */
export type SealedClaims = Pick<SealedPredicate, 'sealedType' | 'subjects' | 'commitment' | 'disclosures'>;

/** What its keeper holds of a sealed statement. */
export interface SealedSecret {
  /** Salt of the commitment to the whole. */
  readonly salt: Uint8Array;
  readonly envelope: Envelope;
  /** One for each part, in the order in which the statement was taken apart. */
  readonly disclosures: readonly Uint8Array[];
}

/** What a partner is given: some parts, or the whole with its salt. */
export interface Opening {
  readonly disclosures: readonly Uint8Array[];
  readonly whole: { readonly salt: Uint8Array; readonly envelope: Envelope } | null;
}

/** What a checked opening says. */
export interface Opened {
  readonly body: PartialBody;
  /** The statement as it was signed; who signed it is for the reader to check. */
  readonly envelope: Envelope | null;
  /** True when something may have been left out. */
  readonly isPartial: boolean;
}

/** 'sha256:' and the salted hash of what was signed. */
export function sealCommitment(salt: Uint8Array, envelope: Envelope): string {
  return `sha256:${toHex(sha256(concatBytes(DOMAIN, salt, envelopeDigest(envelope))))}`;
}

function bodyOf(envelope: Envelope): Body & Pick<Statement, 'subject'> {
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE)
    throw new ZeroError('DECODE_FAILED', 'only in-toto statements are sealed');
  const { predicateType, subject, predicate } = parseStatement(envelope.payload);
  return { predicateType, subject, predicate };
}

/**
 * Seals an in-toto statement. `open` says what stays public; a hidden subject cannot be looked up by those who do not know it.
 * Throws DECODE_FAILED or LIMIT_EXCEEDED.
 */
export function sealStatement(input: {
  readonly envelope: Envelope;
  readonly open: { readonly type: boolean; readonly subjects: boolean };
  readonly entropy: Entropy;
}): { readonly claims: SealedClaims; readonly secret: SealedSecret } {
  const { envelope, open, entropy } = input;
  const body = bodyOf(envelope);
  const { disclosures, digests } = discloseParts(splitBody(body, SEALED_DIGESTS_MAX), entropy);
  const salt = entropy(DISCLOSURE_SALT_BYTES * 2);
  if (open.subjects && body.subject.length > SEALED_SUBJECTS_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `a sealed statement leaves at most ${SEALED_SUBJECTS_MAX} subjects open`,
    );
  return {
    claims: {
      sealedType: open.type ? body.predicateType : null,
      subjects: open.subjects ? body.subject.map(openSubject) : [],
      commitment: sealCommitment(salt, envelope),
      disclosures: [...digests],
    },
    secret: { salt, envelope, disclosures },
  };
}

// Statements of ours name each subject by name and digest alone.
function openSubject({ name, uri, digest }: Statement['subject'][number]): SealedClaims['subjects'][number] {
  return { name: name ?? uri ?? 'subject', digest };
}

/** What a scope lets a partner see; null when that is nothing. */
export function openingFor(scope: Scope, secret: SealedSecret): Opening | null {
  const body = bodyOf(secret.envelope);
  const verdict = applyScope(scope, { predicateType: body.predicateType, subjects: body.subject });
  if (verdict.subjects.length === 0) return null;
  if (verdict.whole) return { disclosures: [], whole: { salt: secret.salt, envelope: secret.envelope } };
  const shown = new Set(verdict.subjects.map((i) => `/subject/${i}`));
  const disclosures = secret.disclosures.filter((disclosure) => {
    const { path } = readDisclosure(disclosure);
    if (path === '/predicateType' || shown.has(path)) return true;
    return path.startsWith('/predicate') && isOpened(path.slice('/predicate'.length), verdict.fields);
  });
  return { disclosures, whole: null };
}

function refuse(message: string): never {
  throw new ZeroError('DISCLOSURE_INVALID', message);
}

function sameJson(a: JsonValue, b: JsonValue): boolean {
  return equalBytes(canonicalJson(a), canonicalJson(b));
}

/** The open claims are those of the statement. */
function checkClaims(claims: SealedClaims, body: PartialBody): void {
  if (
    claims.sealedType !== null &&
    body.predicateType !== undefined &&
    body.predicateType !== claims.sealedType
  )
    refuse('the sealed statement is of another type than its public part says');
  if (claims.subjects.length === 0) return;
  const open = claims.subjects.map((subject) => canonicalJson(subject.digest as JsonObject));
  for (const subject of body.subject) {
    const digest = (subject as JsonObject).digest ?? null;
    if (!open.some((known) => equalBytes(known, canonicalJson(digest))))
      refuse('the sealed statement has a subject that its public part leaves out');
  }
}

/** Every part that was committed to is what the statement says there: who seals one thing and shows another is caught by its own hand. */
function checkParts(parts: readonly Part[], body: Body): void {
  const real = new Map(splitBody(body, SEALED_DIGESTS_MAX).map(({ path, value }) => [path, value]));
  for (const { path, value } of parts) {
    const known = real.get(path);
    if (known === undefined || !sameJson(known, value))
      refuse(`${path} is not what the statement says there`);
  }
}

/**
 * Checks an opening against the public part, whose signature the caller has checked. Throws DISCLOSURE_INVALID. The signatures of an opened
 * envelope are not checked here: whose word counts is for the reader to say.
 */
export function verifyOpening(claims: SealedClaims, opening: Opening): Verified<Opened> {
  const parts = openDisclosures(opening.disclosures, claims.disclosures);
  if (opening.whole === null) {
    const body = joinParts(parts);
    checkClaims(claims, body);
    return markVerified({ body, envelope: null, isPartial: true });
  }
  const { salt, envelope } = opening.whole;
  if (salt.length !== DISCLOSURE_SALT_BYTES * 2 || sealCommitment(salt, envelope) !== claims.commitment)
    refuse('the statement is not the one that was committed to');
  const body = bodyOf(envelope);
  checkParts(parts, body);
  checkClaims(claims, body);
  if (claims.subjects.length > 0 && claims.subjects.length !== body.subject.length)
    refuse('the public part names other subjects than the sealed statement');
  return markVerified({ body, envelope, isPartial: false });
}
