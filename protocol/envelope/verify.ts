// Verifying envelopes. The payload must not be parsed before one of these functions has returned.

import { equalBytes } from '../bytes/index.ts';
import { verifyEd25519 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { didKeyOf } from './did-key.ts';
import { TRUSTED_KEYS_MAX } from './limits.ts';
import { pae } from './pae.ts';
import type { Envelope, EnvelopeSignature } from './types.ts';

function distinct(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.filter((key, i) => keys.findIndex((other) => equalBytes(other, key)) === i);
}

function safeDidKey(key: Uint8Array): string | null {
  try {
    return didKeyOf(key);
  } catch {
    return null;
  }
}

// The hinted signature first: one check in the common case. The hint never decides, all others are tried after it.
function hintedFirst(signatures: readonly EnvelopeSignature[], keyid: string | null): EnvelopeSignature[] {
  return [...signatures.filter((s) => s.keyid === keyid), ...signatures.filter((s) => s.keyid !== keyid)];
}

/**
 * Returns the envelope, marked, when at least `threshold` different trusted keys signed it (DSSE's rule; other signatures are ignored).
 * Error: SIGNATURE_INVALID. Keys are 32-byte Ed25519 public keys.
 */
export function verifyEnvelope(
  envelope: Envelope,
  options: { keys: readonly Uint8Array[]; threshold?: number },
): Verified<Envelope> {
  const threshold = options.threshold ?? 1;
  if (options.keys.length > TRUSTED_KEYS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `more than ${TRUSTED_KEYS_MAX} trusted keys`);
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    throw new ZeroError('SIGNATURE_INVALID', 'the threshold is not a positive integer');
  const message = pae(envelope.payloadType, envelope.payload);
  let found = 0;
  for (const key of distinct(options.keys)) {
    const keyid = safeDidKey(key);
    if (keyid === null) continue;
    if (hintedFirst(envelope.signatures, keyid).some(({ sig }) => verifyEd25519(key, message, sig))) found++;
    if (found >= threshold) return markVerified(envelope);
  }
  throw new ZeroError('SIGNATURE_INVALID', `${found} of ${threshold} required signatures verify`, {
    details: { found, threshold },
  });
}

/**
 * The rule for objects of our own: the signatures are exactly those of `keys`, in this order, each named by its did:key.
 * Nothing else may be attached, so no part of such an envelope can be changed by a third party. Error: SIGNATURE_INVALID.
 */
export function verifyExactly(envelope: Envelope, keys: readonly Uint8Array[]): Verified<Envelope> {
  if (envelope.signatures.length !== keys.length)
    throw new ZeroError('SIGNATURE_INVALID', `expected exactly ${keys.length} signatures`);
  const message = pae(envelope.payloadType, envelope.payload);
  for (const [i, key] of keys.entries()) {
    const { keyid, sig } = envelope.signatures[i] as EnvelopeSignature;
    if (keyid !== didKeyOf(key))
      throw new ZeroError('SIGNATURE_INVALID', `signature ${i} is not named after the expected key`);
    if (!verifyEd25519(key, message, sig))
      throw new ZeroError('SIGNATURE_INVALID', `signature ${i} does not verify`);
  }
  return markVerified(envelope);
}
