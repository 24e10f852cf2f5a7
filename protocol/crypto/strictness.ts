// One strictness rule for Ed25519, so that no signature is valid for half the federation only:
// A and R canonical and torsion-free, S below the group order, cofactorless equation.

import { ed25519 } from '@noble/curves/ed25519.js';

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Keys whose point check is remembered, at about 0.15 kB each: three for each of some ten thousand agents. */
export const KEYS_REMEMBERED_MAX = 32_768;

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

/** `check` (isTorsionFreePoint, or the kernel) with a bounded memory: issuer keys repeat. */
export function isKeySafe(publicKey: Uint8Array, check: (bytes: Uint8Array) => boolean): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  const key = publicKey.toHex();
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const safe = check(publicKey);
  if (known.size >= KEYS_REMEMBERED_MAX) known.delete(known.keys().next().value as string);
  known.set(key, safe);
  return safe;
}

/** Keys that were found safe so far, at most KEYS_REMEMBERED_MAX: to be kept over a restart. */
export function safePublicKeys(): Uint8Array[] {
  return [...known].flatMap(([key, safe]) => (safe ? [Uint8Array.fromHex(key)] : []));
}

/** Takes keys for safe that safePublicKeys() gave in an earlier run. The caller answers for their bytes: they are not checked again. */
export function recallSafePublicKeys(keys: Iterable<Uint8Array>): void {
  for (const key of keys)
    if (key.length === PUBLIC_KEY_BYTES && known.size < KEYS_REMEMBERED_MAX) known.set(key.toHex(), true);
}
