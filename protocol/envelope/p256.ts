// ECDSA P-256 with SHA-256, for reading what other tools signed. Nothing of ours is signed with it: a signature has two valid
// forms (s and n - s), so an object could be changed without breaking it.

import { p256 } from '@noble/curves/nist.js';
import { base58btc } from 'multiformats/bases/base58';
import { concatBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

/** Bytes of an uncompressed point: 4, x, y. */
export const P256_PUBLIC_KEY_BYTES = 65;
const RAW_SIGNATURE_BYTES = 64;
/** Multicodec p256-pub (0x1200) as a varint. */
const MULTICODEC = Uint8Array.of(0x80, 0x24);

/** did:key:zDn… of an uncompressed P-256 point. Error: KEY_INVALID when it is not on the curve. */
export function didKeyOfP256(publicKey: Uint8Array): string {
  try {
    return `did:key:${base58btc.encode(concatBytes(MULTICODEC, p256.Point.fromBytes(publicKey).toBytes(true)))}`;
  } catch (cause) {
    throw new ZeroError('KEY_INVALID', 'P-256 public key is not a point of the curve', { cause });
  }
}

/** Accepts both forms in use: 64 bytes (r, s), and DER. */
export function verifyP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const format = signature.length === RAW_SIGNATURE_BYTES ? 'compact' : 'der';
  try {
    return p256.verify(signature, message, publicKey, { format, lowS: false });
  } catch {
    return false;
  }
}
