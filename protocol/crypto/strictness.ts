// One strictness rule for Ed25519, so that no signature is valid for half the federation only:
// A and R canonical and torsion-free, S below the group order, cofactorless equation.

import { ed25519 } from '@noble/curves/ed25519.js';

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Keys whose point check is remembered; the issuers of a busy node, at about 0.1 kB each. */
const TORSION_CACHE_MAX = 4096;

/** Right lengths only; the point and scalar checks follow. */
export function hasCanonicalShape(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && signature.length === SIGNATURE_BYTES;
}

/** True when the 32 bytes are the canonical encoding of a point of the prime-order subgroup, the identity excluded. */
export function isTorsionFreePoint(bytes: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

const known = new Map<string, boolean>();

/** isTorsionFreePoint with a bounded memory: issuer keys repeat, and the check costs about a verification. */
export function isSafePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  const key = publicKey.toHex();
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const safe = isTorsionFreePoint(publicKey);
  if (known.size >= TORSION_CACHE_MAX) known.delete(known.keys().next().value as string);
  known.set(key, safe);
  return safe;
}
