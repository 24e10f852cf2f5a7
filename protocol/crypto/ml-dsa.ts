// ML-DSA-65 (FIPS 204, pure, empty context) in pure JavaScript. Signing is deterministic: no entropy is drawn in protocol/.
// Verification here is for browsers; native.ts has a faster one.

import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';

export const ML_DSA_65_PUBLIC_KEY_BYTES = 1_952;
export const ML_DSA_65_SIGNATURE_BYTES = 3_309;

export function signMlDsa65(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ml_dsa65.sign(message, ml_dsa65.keygen(seed).secretKey, { extraEntropy: false });
}

export function mlDsa65KeyOfSeed(seed: Uint8Array): Uint8Array {
  return ml_dsa65.keygen(seed).publicKey;
}

export function hasMlDsa65Shape(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return publicKey.length === ML_DSA_65_PUBLIC_KEY_BYTES && signature.length === ML_DSA_65_SIGNATURE_BYTES;
}

export function verifyMlDsa65(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!hasMlDsa65Shape(publicKey, signature)) return false;
  try {
    return ml_dsa65.verify(signature, message, publicKey);
  } catch {
    return false;
  }
}
