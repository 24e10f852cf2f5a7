// DSSE envelopes: one form for everything that is signed. The only door of this folder.

export { checkEnvelope, type EnvelopeLimits } from './check-shape.ts';
export { contentIdOf, digestOfContentId, isContentId } from './content-id.ts';
export { didKeyOf, publicKeyOfDidKey } from './did-key.ts';
export { type EnvelopeJson, envelopeFromJson, envelopeToJson } from './json-form.ts';
export * from './limits.ts';
export { didKeyOfP256, P256_PUBLIC_KEY_BYTES, verifyP256 } from './p256.ts';
export { envelopeDigest, envelopeId, pae } from './pae.ts';
export { multikeyOf, postQuantumKeyId, postQuantumSigner, publicKeyOfMultikey } from './post-quantum.ts';
export { isCheckKept, primedParts, primeEnvelopes } from './prime.ts';
export { seedSigner, signEnvelope } from './sign.ts';
export type { Envelope, EnvelopeSignature, Signer } from './types.ts';
export {
  type EnvelopeTrust,
  type TrustedSigner,
  trustedSigners,
  verifyEnvelope,
  verifyExactly,
} from './verify.ts';
export { decodeEnvelope, encodeEnvelope } from './wire.ts';
