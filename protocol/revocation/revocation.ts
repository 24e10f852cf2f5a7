// Signs and verifies single revocations: form, signature, and the rules that need no other object.

import type { Envelope, Signer } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Keychain } from '../identity/index.ts';
import {
  type AgentStatement,
  REVOCATION_PREDICATE,
  type RevocationPredicate,
  type RevocationTarget,
  signAgentStatement,
  verifyAgentStatement,
} from '../statement/index.ts';
import type { Verified } from '../verified.ts';

/** A verified revocation. That it verifies does not yet say whom it affects: see RevocationSet. */
export interface VerifiedRevocation extends AgentStatement<typeof REVOCATION_PREDICATE> {
  readonly revocation: Verified<RevocationPredicate>;
}

export interface SignRevocationInput {
  readonly keychain: Keychain;
  /** The operational key for cards and statements; the identity key for keys and agents (it may sign the others too). */
  readonly signer: Signer;
  /** The ML-DSA-65 key of the same role, exactly when the agent has one. */
  readonly postQuantumSigner?: Signer;
  /** One more than the issuer's last revocation; see RevocationSet.head. */
  readonly sequence: number;
  /** Statement id of the issuer's last revocation, null for its first. */
  readonly previous: string | null;
  readonly target: RevocationTarget;
  readonly reason: string;
  readonly issuedAt: string;
}

function refuse(message: string): never {
  throw new ZeroError('REVOCATION_REFUSED', message);
}

// A stolen operational key must not be able to end the agent or to revoke the keys that replace it.
function checkAuthority(verified: AgentStatement<typeof REVOCATION_PREDICATE>): void {
  const { target } = verified.statement.predicate;
  if ((target.kind === 'agent' || target.kind === 'key') && verified.signerRole !== 'identity') {
    refuse(`only the identity key may revoke ${target.kind === 'agent' ? 'an agent' : 'a key'}`);
  }
  if (target.kind === 'agent' && target.id !== verified.issuer) refuse('an agent may revoke only itself');
  if (target.kind !== 'card' || target.through === undefined) return;
  const { epoch, keySerial } = target.through;
  const beyond =
    epoch > verified.epoch ||
    (verified.signerRole === 'operational' && epoch === verified.epoch && keySerial > verified.keySerial);
  if (beyond) refuse('a key may not revoke cards of the keys that replaced it');
}

/** Signs a revocation. Errors: REVOCATION_REFUSED, and those of verifyAgentStatement. */
export function signRevocation(input: SignRevocationInput): Envelope {
  const { keychain, signer, sequence, previous, target, reason, issuedAt } = input;
  const envelope = signAgentStatement({
    predicateType: REVOCATION_PREDICATE,
    predicate: { sequence, previous, target, reason, issuedAt },
    keychain,
    signer,
    ...(input.postQuantumSigner === undefined ? {} : { postQuantumSigner: input.postQuantumSigner }),
  });
  verifyRevocation(envelope);
  return envelope;
}

/** The revocation in a statement that was verified already. Error: REVOCATION_REFUSED. */
export function revocationOf(verified: AgentStatement<typeof REVOCATION_PREDICATE>): VerifiedRevocation {
  checkAuthority(verified);
  return { ...verified, revocation: verified.statement.predicate as Verified<RevocationPredicate> };
}

/** Verifies a revocation given as an envelope or as wire bytes. Errors: REVOCATION_REFUSED, and those of verifyAgentStatement. */
export function verifyRevocation(input: Envelope | Uint8Array): VerifiedRevocation {
  return revocationOf(verifyAgentStatement(input, REVOCATION_PREDICATE));
}
