// Verifying envelopes. The payload must not be parsed before one of these functions has returned.

import { equalBytes } from '../bytes/index.ts';
import { ML_DSA_65_PUBLIC_KEY_BYTES, verifyEd25519, verifyMlDsa65 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { didKeyOf } from './did-key.ts';
import { TRUSTED_KEYS_MAX } from './limits.ts';
import { pae } from './pae.ts';
import { postQuantumKeyId } from './post-quantum.ts';
import type { Envelope, EnvelopeSignature } from './types.ts';

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key, i) => keys.findIndex((other) => equalBytes(other, key)) === i);
}

/** A trusted key, its name, and its algorithm by its length: 32 bytes are Ed25519, 1,952 are ML-DSA-65. */
interface NamedKey {
  readonly key: Uint8Array;
  readonly keyid: string;
  readonly postQuantum: boolean;
}

function nameKey(key: Uint8Array): NamedKey {
  const postQuantum = key.length === ML_DSA_65_PUBLIC_KEY_BYTES;
  return { key, keyid: postQuantum ? postQuantumKeyId(key) : didKeyOf(key), postQuantum };
}

function nameSafely(key: Uint8Array): NamedKey | null {
  try {
    return nameKey(key);
  } catch {
    return null;
  }
}

function verifies({ key, postQuantum }: NamedKey, message: Uint8Array, sig: Uint8Array): boolean {
  return postQuantum ? verifyMlDsa65(key, message, sig) : verifyEd25519(key, message, sig);
}

// The hinted signature first: one check in the common case. The hint never decides, all others are tried after it.
function hintedFirst(signatures: readonly EnvelopeSignature[], keyid: string): EnvelopeSignature[] {
  return [...signatures.filter((s) => s.keyid === keyid), ...signatures.filter((s) => s.keyid !== keyid)];
}

/** Keys that an envelope is verified against, and how many of them must have signed. */
export interface EnvelopeTrust {
  /** Public keys: Ed25519 (32 bytes) or ML-DSA-65 (1,952 bytes). */
  readonly keys: readonly Uint8Array[];
  /** How many different keys must have signed; 1 unless told. */
  readonly threshold?: number;
  /** Demands that one of them is an ML-DSA-65 key. */
  readonly requirePostQuantum?: boolean;
}

/**
 * Returns the envelope, marked, when enough different trusted keys signed it (DSSE's rule; other signatures are ignored).
 * Errors: SIGNATURE_INVALID, POST_QUANTUM_REQUIRED, LIMIT_EXCEEDED.
 */
export function verifyEnvelope(envelope: Envelope, trust: EnvelopeTrust): Verified<Envelope> {
  const threshold = trust.threshold ?? 1;
  if (trust.keys.length > TRUSTED_KEYS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `more than ${TRUSTED_KEYS_MAX} trusted keys`);
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new ZeroError('SIGNATURE_INVALID', 'the threshold is not a positive integer');
  const message = pae(envelope.payloadType, envelope.payload);
  let found = 0;
  let postQuantum = trust.requirePostQuantum !== true;
  for (const key of distinct(trust.keys)) {
    const named = nameSafely(key);
    if (
      named === null ||
      !hintedFirst(envelope.signatures, named.keyid).some(({ sig }) => verifies(named, message, sig))
    )
      continue;
    found++;
    postQuantum ||= named.postQuantum;
    if (found >= threshold && postQuantum) return markVerified(envelope);
  }
  if (found >= threshold)
    throw new ZeroError('POST_QUANTUM_REQUIRED', 'no trusted ML-DSA-65 key signed the envelope');
  throw new ZeroError('SIGNATURE_INVALID', `${found} of ${threshold} required signatures verify`, {
    details: { found, threshold },
  });
}

/**
 * The rule for objects of our own: the signatures are exactly those of `keys`, in this order, each named after its key.
 * Nothing else may be attached, so no part of such an envelope can be changed by a third party. Error: SIGNATURE_INVALID.
 */
export function verifyExactly(envelope: Envelope, keys: readonly Uint8Array[]): Verified<Envelope> {
  if (envelope.signatures.length !== keys.length)
    throw new ZeroError('SIGNATURE_INVALID', `expected exactly ${keys.length} signatures`);
  const message = pae(envelope.payloadType, envelope.payload);
  for (const [i, key] of keys.entries()) {
    const { keyid, sig } = envelope.signatures[i] as EnvelopeSignature;
    const named = nameKey(key);
    if (keyid !== named.keyid)
      throw new ZeroError('SIGNATURE_INVALID', `signature ${i} is not named after the expected key`);
    if (!verifies(named, message, sig))
      throw new ZeroError('SIGNATURE_INVALID', `signature ${i} does not verify`);
  }
  return markVerified(envelope);
}
