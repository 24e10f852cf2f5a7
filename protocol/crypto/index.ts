// The protocol's primitives, from the platform's adapter (package.json "imports": #crypto).

import { crypto } from '#crypto';

export { CHECKS_REMEMBERED_MAX, recallChecks, rememberedChecks } from './check-memory.ts';
export { ML_DSA_65_PUBLIC_KEY_BYTES, ML_DSA_65_SIGNATURE_BYTES } from './ml-dsa.ts';
export type { CryptoPort, SignatureCheck } from './port.ts';
export {
  KEYS_REMEMBERED_MAX,
  recallSafePublicKeys,
  safePublicKeys,
} from './strictness.ts';

export const { sha256, sha256Into, signEd25519, verifyEd25519, primeEd25519, publicKeyOfSeed } = crypto;
export const { isEd25519Kept, isSafePublicKey } = crypto;
export const { signMlDsa65, verifyMlDsa65, mlDsa65KeyOfSeed } = crypto;

/** Name of the adapter in use, for reports: 'node:crypto' or 'noble'. */
export const cryptoAdapter: string = crypto.name;

export const { keepEd25519, keepSigned, rememberEd25519 } = crypto;
