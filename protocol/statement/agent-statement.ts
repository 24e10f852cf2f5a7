// Statements of agents: they carry their author's keychain and verify alone.

import { keepEd25519, keepSigned } from '../crypto/index.ts';
import { decodeEnvelope, type Envelope, envelopeId, type Signer, verifyExactly } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import {
  type AgentId,
  type AgentKeys,
  identityKeysOf,
  type Keychain,
  keychainToJson,
  operationalKeysOf,
  sharedKeychainJson,
  verifyKeychainJson,
} from '../identity/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { STATEMENT_BYTES_MAX, STATEMENT_DEPTH_MAX } from './limits.ts';
import { verifyDeterministicSignature } from './predicates/deterministic-signature.ts';
import { isOwnPredicateType, readOwnPredicate, subjectsOf } from './predicates/index.ts';
import {
  type Authored,
  type OwnPredicates,
  type OwnPredicateType,
  RECEIPT_PREDICATE,
  REVOCATION_PREDICATE,
  type ReceiptPredicate,
} from './predicates/types.ts';
import { readStatement } from './read.ts';
import { signStatement } from './statement.ts';
import { STATEMENT_PAYLOAD_TYPE, STATEMENT_TYPE, type Statement } from './types.ts';

/** A verified statement of an agent, with what policy and storage ask of it. */
export interface AgentStatement<T extends OwnPredicateType = OwnPredicateType> {
  readonly statement: Verified<Statement<OwnPredicates[T]>>;
  readonly predicateType: T;
  readonly issuer: AgentId;
  /** Content id of the statement. */
  readonly id: string;
  /** did:key that signed: the operational key, or the identity key of a revocation. */
  readonly signedBy: string;
  readonly signerRole: 'operational' | 'identity';
  readonly operationalKey: string;
  readonly epoch: number;
  readonly keySerial: number;
  readonly keys: Verified<AgentKeys>;
  readonly envelope: Envelope;
}

export interface SignAgentStatementInput<T extends OwnPredicateType> {
  readonly predicateType: T;
  /** The predicate without its author, who is taken from the keychain. */
  readonly predicate: Omit<OwnPredicates[T], 'issuer' | 'keychain'>;
  readonly keychain: Keychain;
  readonly signer: Signer;
  /** The ML-DSA-65 key of the same role, exactly when the agent has one. */
  readonly postQuantumSigner?: Signer;
}

/**
 * Signs a statement of an agent. Subjects follow from the predicate; the result is verified before it is returned.
 * Errors as verifyAgentStatement.
 */
export function signAgentStatement<T extends OwnPredicateType>(input: SignAgentStatementInput<T>): Envelope {
  const { predicateType, keychain, signer, postQuantumSigner } = input;
  const signers = postQuantumSigner === undefined ? { signer } : { signer, postQuantumSigner };
  const json = keychainToJson(keychain);
  const { agentId } = verifyKeychainJson(json as unknown as JsonObject, 'keychain');
  const author = { issuer: agentId, keychain: json };
  const predicate = { ...input.predicate, ...author } as unknown as JsonObject;
  const subject = subjectsOf(predicateType, predicate);
  const envelope = keepSigned(() => signStatement({ subject, predicateType, predicate, ...signers }));
  // Its author puts it into a log next, where it is verified again, or taken as it was verified here.
  const verified = keepEd25519(() => verifyAgentStatement(envelope, predicateType));
  signedHere.set(envelope, verified);
  return envelope;
}

/** What was verified when it was signed, by the envelope itself: gone with it. */
const signedHere = new WeakMap<Envelope, AgentStatement>();

/**
 * The statement of an envelope that signAgentStatement made in this process, as it was verified then; undefined for every other envelope, a
 * copy of such a one too. Whoever asks answers for it that the envelope's bytes were not changed since.
 */
export function signedStatement(envelope: Envelope): AgentStatement | undefined {
  return signedHere.get(envelope);
}

// Only a revocation may be signed by the identity key: it must work when the operational key is in other hands.
function verifySigner(
  envelope: Envelope,
  keys: AgentKeys,
  predicateType: string,
): 'operational' | 'identity' {
  const byIdentity =
    predicateType === REVOCATION_PREDICATE && envelope.signatures[0]?.keyid === keys.identityKey;
  verifyExactly(envelope, byIdentity ? identityKeysOf(keys) : operationalKeysOf(keys));
  return byIdentity ? 'identity' : 'operational';
}

function requireWithin(issuedAt: string, keys: AgentKeys): void {
  const ms = timeMs(issuedAt);
  if (ms < timeMs(keys.notBefore) || ms >= timeMs(keys.notAfter))
    throw new ZeroError('STATEMENT_INVALID', 'the statement is dated outside the delegation of its key');
}

function hasMembers(value: JsonValue | undefined, members: readonly string[]): boolean {
  return (
    isJsonObject(value) &&
    Object.keys(value).length === members.length &&
    members.every((name) => Object.hasOwn(value, name))
  );
}

// in-toto lets consumers ignore what they do not know. In our own statements nothing may hide beside what was read.
function readStrictly(value: JsonValue): Statement {
  const statement = readStatement(value);
  const { subject } = value as { subject: JsonValue[] };
  const strict =
    hasMembers(value, ['_type', 'subject', 'predicateType', 'predicate']) &&
    subject.every((item) => hasMembers(item, ['name', 'digest']));
  if (!strict || statement._type !== STATEMENT_TYPE)
    throw new ZeroError(
      'DECODE_FAILED',
      'a statement of an agent has the members of in-toto v1, and no other',
    );
  return statement;
}

/**
 * Verifies a statement of an agent, given as an envelope or as wire bytes; with `predicateType`, one of that type only.
 * The keychain in the payload names the key, so it is read first, alone; all else is read after the signature held. Of a receipt, the
 * signature over its deterministic part must hold too, where it has one. `knownId` spares a hash to who has just made the id of these very bytes.
 * Errors: STATEMENT_INVALID, KEYCHAIN_INVALID, SIGNATURE_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyAgentStatement<T extends OwnPredicateType = OwnPredicateType>(
  input: Envelope | Uint8Array,
  predicateType?: T,
  knownId?: string,
): AgentStatement<T> {
  const envelope =
    input instanceof Uint8Array ? decodeEnvelope(input, { payloadBytesMax: STATEMENT_BYTES_MAX }) : input;
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE)
    throw new ZeroError('DECODE_FAILED', 'the envelope does not hold an in-toto statement');
  const value = parseStrictJson(envelope.payload, {
    bytesMax: STATEMENT_BYTES_MAX,
    depthMax: STATEMENT_DEPTH_MAX,
  });
  const claim = isJsonObject(value) && isJsonObject(value.predicate) ? value.predicate : {};
  const keys = verifyKeychainJson(claim.keychain, 'predicate.keychain');
  const type = isJsonObject(value) && typeof value.predicateType === 'string' ? value.predicateType : '';
  const signerRole = verifySigner(envelope, keys, type);
  if (!isOwnPredicateType(type) || (predicateType !== undefined && type !== predicateType))
    throw new ZeroError('STATEMENT_INVALID', 'the predicate type is not admitted here');
  const statement = readStrictly(value);
  const predicate = readOwnPredicate(type, statement.predicate, statement.subject) as Authored;
  predicate.keychain = sharedKeychainJson(keys, predicate.keychain);
  if (predicate.issuer !== keys.agentId)
    throw new ZeroError('STATEMENT_INVALID', 'the statement names another issuer than its keychain');
  // The identity key outlives its delegations: it must be able to revoke after they ended.
  if (signerRole === 'operational') requireWithin(predicate.issuedAt, keys);
  if (type === RECEIPT_PREDICATE)
    verifyDeterministicSignature(statement.predicate as unknown as ReceiptPredicate, keys.operationalKey);
  let id = knownId;
  return {
    statement: markVerified({ ...statement, predicate: predicate as unknown as OwnPredicates[T] }),
    predicateType: type as T,
    issuer: keys.agentId,
    // Made when it is asked for: whoever reads a log knows the id from its record.
    get id() {
      id ??= envelopeId(envelope);
      return id;
    },
    signedBy: signerRole === 'identity' ? keys.identityKey : keys.operationalKey,
    signerRole,
    operationalKey: keys.operationalKey,
    epoch: keys.epoch,
    keySerial: keys.serial,
    keys,
    envelope,
  };
}

/** Narrows a verified statement to one predicate type. */
export function isStatementOf<T extends OwnPredicateType>(
  statement: AgentStatement,
  predicateType: T,
): statement is AgentStatement<T> {
  return (statement.predicateType as string) === predicateType;
}
