// Signs envelopes. Must not canonicalise: the payload is signed byte for byte as it was given.

import { equalBytes } from '../bytes/index.ts';
import { publicKeyOfSeed, signEd25519 } from '../crypto/index.ts';
import { checkEnvelope, type EnvelopeLimits } from './check-shape.ts';
import { didKeyOf } from './did-key.ts';
import { pae } from './pae.ts';
import type { Envelope, Signer } from './types.ts';

// By identity of the array, and gone with it: finding the public key costs several signatures, and a node signs with few seeds.
const made = new WeakMap<Uint8Array, { readonly kept: Uint8Array; readonly signer: Signer }>();

/** A signer over a 32-byte Ed25519 seed; its key id is the did:key of the public key. The seed stays inside. */
export function seedSigner(seed: Uint8Array): Signer {
  const known = made.get(seed);
  if (known !== undefined && equalBytes(known.kept, seed)) return known.signer;
  const kept = seed.slice();
  const signer: Signer = {
    keyid: didKeyOf(publicKeyOfSeed(kept)),
    sign: (message) => signEd25519(kept, message),
  };
  made.set(seed, { kept, signer });
  return signer;
}

/** Signs exact payload bytes with every signer, in order. Errors: LIMIT_EXCEEDED, DECODE_FAILED. */
export function signEnvelope(
  input: { payloadType: string; payload: Uint8Array; signers: readonly Signer[] },
  limits: EnvelopeLimits = {},
): Envelope {
  const { payloadType, payload, signers } = input;
  const message = pae(payloadType, payload);
  const signatures = signers.map((signer) => ({ keyid: signer.keyid, sig: signer.sign(message) }));
  return checkEnvelope({ payloadType, payload, signatures }, limits);
}
