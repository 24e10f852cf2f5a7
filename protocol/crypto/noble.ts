// Crypto adapter in pure JavaScript, for browsers and as the second opinion on node:crypto.
// Plain noble accepts 618 signatures of the CCTV edge cases that node:crypto refuses; the canonical and torsion-free
// checks on A and R bring both to the same answer.

import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { mlDsa65KeyOfSeed, signMlDsa65, verifyMlDsa65 } from './ml-dsa.ts';
import type { CryptoPort } from './port.ts';
import { hasCanonicalShape, isKeySafe, isTorsionFreePoint } from './strictness.ts';

export const crypto: CryptoPort = {
  name: 'noble',
  isSafePublicKey: (publicKey) => isKeySafe(publicKey, isTorsionFreePoint),
  keepEd25519: (work) => work(),
  keepSigned: (work) => work(),
  rememberEd25519: (work) => work(),
  sha256: (bytes) => nobleSha256(bytes),
  sha256Into: (bytes, target, at) => target.set(nobleSha256(bytes), at),
  signEd25519: (seed, message) => ed25519.sign(message, seed),
  publicKeyOfSeed: (seed) => ed25519.getPublicKey(seed),
  verifyEd25519(publicKey, message, signature) {
    if (!hasCanonicalShape(publicKey, signature)) return false;
    if (!isTorsionFreePoint(publicKey) || !isTorsionFreePoint(signature.subarray(0, 32))) return false;
    try {
      return ed25519.verify(signature, message, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
  // There is no second thread to use here.
  primeEd25519: async () => {},
  isEd25519Kept: () => false,
  signMlDsa65,
  verifyMlDsa65,
  mlDsa65KeyOfSeed,
};
