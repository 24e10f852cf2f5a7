// Public keys as other tools hand them out: PEM "PUBLIC KEY" (SubjectPublicKeyInfo) of Ed25519 and P-256.
// Certificates are not read: whom to trust for an identity is a decision of the operator, who names keys.

import { equalBytes, fromHex } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

const PEM = /^-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)\s+-----END PUBLIC KEY-----\s*$/;
const ED25519_PREFIX = fromHex('302a300506032b6570032100');
const P256_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d030107034200');
/** Characters of a PEM text; these keys have below 300. */
const PEM_CHARS_MAX = 1_024;

/** The raw public key of a PEM text: 32 bytes for Ed25519, 65 for P-256. Error: KEY_INVALID for all else. */
export function publicKeyOfPem(text: string): Uint8Array {
  const body = text.length <= PEM_CHARS_MAX ? PEM.exec(text.trimStart())?.[1]?.replace(/\s/g, '') : undefined;
  if (body === undefined) throw new ZeroError('KEY_INVALID', 'text is not a PEM public key');
  let der: Uint8Array;
  try {
    der = Uint8Array.fromBase64(body, { lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new ZeroError('KEY_INVALID', 'PEM body is not base64', { cause });
  }
  for (const [prefix, bytes] of [
    [ED25519_PREFIX, 32],
    [P256_PREFIX, 65],
  ] as const) {
    if (der.length === prefix.length + bytes && equalBytes(der.subarray(0, prefix.length), prefix))
      return der.slice(prefix.length);
  }
  throw new ZeroError('KEY_INVALID', 'PEM key is neither Ed25519 nor P-256');
}
