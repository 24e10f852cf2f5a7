// Verifying envelopes. The payload must not be parsed before one of these functions has returned.

import { equalBytes } from '../bytes/index.ts';
import { ML_DSA_65_PUBLIC_KEY_BYTES, verifyEd25519, verifyMlDsa65 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { didKeyOf } from './did-key.ts';
import { TRUSTED_KEYS_MAX } from './limits.ts';
import { didKeyOfP256, P256_PUBLIC_KEY_BYTES, verifyP256 } from './p256.ts';
import { pae } from './pae.ts';
import { postQuantumKeyId } from './post-quantum.ts';
import type { Envelope, EnvelopeSignature } from './types.ts';

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key, i) => keys.findIndex((other) => equalBytes(other, key)) === i);
}

type Algorithm = 'Ed25519' | 'ML-DSA-65' | 'P-256';

/** A trusted key, its name, and its algorithm, which follows from its length. */
interface NamedKey {
  readonly key: Uint8Array;
  readonly keyid: string;
  readonly algorithm: Algorithm;
}

function nameKey(key: Uint8Array): NamedKey {
  if (key.length === ML_DSA_65_PUBLIC_KEY_BYTES)
    return { key, keyid: postQuantumKeyId(key), algorithm: 'ML-DSA-65' };
  if (key.length === P256_PUBLIC_KEY_BYTES) return { key, keyid: didKeyOfP256(key), algorithm: 'P-256' };
  return { key, keyid: didKeyOf(key), algorithm: 'Ed25519' };
}

const VERIFY: {
  readonly [A in Algorithm]: (key: Uint8Array, message: Uint8Array, sig: Uint8Array) => boolean;
} = {
  Ed25519: verifyEd25519,
  'ML-DSA-65': verifyMlDsa65,
  'P-256': verifyP256,
};

function verifies({ key, algorithm }: NamedKey, message: Uint8Array, sig: Uint8Array): boolean {
  return VERIFY[algorithm](key, message, sig);
}

// The hinted signature first: one check in the common case. The hint never decides, all others are tried after it.
function hintedFirst(signatures: readonly EnvelopeSignature[], keyid: string): EnvelopeSignature[] {
  return [...signatures.filter((s) => s.keyid === keyid), ...signatures.filter((s) => s.keyid !== keyid)];
}

/** Keys that an envelope is verified against, and how many of them must have signed. */
export interface EnvelopeTrust {
  /** Public keys: Ed25519 (32 bytes), ML-DSA-65 (1,952 bytes), or an uncompressed P-256 point (65 bytes). */
  readonly keys: readonly Uint8Array[];
  /** How many different keys must have signed; 1 unless told. */
  readonly threshold?: number;
  /** Demands that one of them is an ML-DSA-65 key. */
  readonly requirePostQuantum?: boolean;
}

/** A trusted key that signed: its name (did:key, or ml-dsa-65:<hash>) and its algorithm. */
export interface TrustedSigner {
  readonly keyid: string;
  readonly algorithm: Algorithm;
}

/** The trusted keys that signed the envelope, in the order of `keys`; other signatures are ignored (DSSE's rule). Errors: LIMIT_EXCEEDED, KEY_INVALID. */
export function trustedSigners(envelope: Envelope, keys: readonly Uint8Array[]): TrustedSigner[] {
  if (keys.length > TRUSTED_KEYS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `more than ${TRUSTED_KEYS_MAX} trusted keys`);
  const message = pae(envelope.payloadType, envelope.payload);
  const named = distinct(keys).map(nameKey);
  const signed = named.filter((key) =>
    hintedFirst(envelope.signatures, key.keyid).some(({ sig }) => verifies(key, message, sig)),
  );
  return signed.map(({ keyid, algorithm }) => ({ keyid, algorithm }));
}

/**
 * Returns the envelope, marked, when enough different trusted keys signed it.
 * Errors: SIGNATURE_INVALID, POST_QUANTUM_REQUIRED, KEY_INVALID, LIMIT_EXCEEDED.
 */
export function verifyEnvelope(envelope: Envelope, trust: EnvelopeTrust): Verified<Envelope> {
  const threshold = trust.threshold ?? 1;
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new ZeroError('SIGNATURE_INVALID', 'the threshold is not a positive integer');
  const signers = trustedSigners(envelope, trust.keys);
  if (signers.length < threshold) {
    throw new ZeroError('SIGNATURE_INVALID', `${signers.length} of ${threshold} required signatures verify`, {
      details: { found: signers.length, threshold },
    });
  }
  if (trust.requirePostQuantum === true && !signers.some(({ algorithm }) => algorithm === 'ML-DSA-65')) {
    throw new ZeroError('POST_QUANTUM_REQUIRED', 'no trusted ML-DSA-65 key signed the envelope');
  }
  return markVerified(envelope);
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
    if (named.algorithm === 'P-256' || !verifies(named, message, sig))
      throw new ZeroError('SIGNATURE_INVALID', `signature ${i} does not verify`);
  }
  return markVerified(envelope);
}
