// ML-DSA-65 beside Ed25519: names and signers of post-quantum keys.
// A key travels once, in the delegation; signatures name it by its hash, because 2.6 kB in each would be waste.

import { concatBytes, toHex } from '../bytes/index.ts';
import { ML_DSA_65_PUBLIC_KEY_BYTES, mlDsa65KeyOfSeed, sha256, signMlDsa65 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Signer } from './types.ts';

/** Multicodec mldsa-65-pub (0x1211) as a varint. */
const MULTICODEC = Uint8Array.of(0x91, 0x24);
const KEYID_PREFIX = 'ml-dsa-65:';
/** 'u' and base64url of the two bytes above and the key. */
const MULTIKEY_CHARS = 1 + Math.ceil(((2 + ML_DSA_65_PUBLIC_KEY_BYTES) * 4) / 3);

/** Key id of an ML-DSA-65 key: 'ml-dsa-65:' and the SHA-256 of the key in hexadecimal. */
export function postQuantumKeyId(publicKey: Uint8Array): string {
  return KEYID_PREFIX + toHex(sha256(publicKey));
}

/** The key as a Multikey: multibase 'u' (base64url), multicodec mldsa-65-pub. Error: KEY_INVALID. */
export function multikeyOf(publicKey: Uint8Array): string {
  if (publicKey.length !== ML_DSA_65_PUBLIC_KEY_BYTES)
    throw new ZeroError('KEY_INVALID', 'an ML-DSA-65 public key has 1,952 bytes');
  return `u${concatBytes(MULTICODEC, publicKey).toBase64({ alphabet: 'base64url', omitPadding: true })}`;
}

/** The ML-DSA-65 key of a Multikey. Error: KEY_INVALID for any other text. */
export function publicKeyOfMultikey(text: string): Uint8Array {
  if (text.length !== MULTIKEY_CHARS || !/^u[A-Za-z0-9_-]+$/.test(text))
    throw new ZeroError('KEY_INVALID', 'text is not the Multikey of an ML-DSA-65 key');
  const publicKey = Uint8Array.fromBase64(text.slice(1), { alphabet: 'base64url' }).slice(MULTICODEC.length);
  // Writing it again catches another codec and spare bits.
  if (multikeyOf(publicKey) !== text)
    throw new ZeroError('KEY_INVALID', 'text is not the Multikey of an ML-DSA-65 key');
  return publicKey;
}

/** A deterministic ML-DSA-65 signer over a 32-byte seed. A signature has 3,309 bytes. */
export function postQuantumSigner(seed: Uint8Array): Signer {
  const kept = seed.slice();
  return { keyid: postQuantumKeyId(mlDsa65KeyOfSeed(kept)), sign: (message) => signMlDsa65(kept, message) };
}
