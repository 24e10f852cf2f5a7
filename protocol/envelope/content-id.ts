// Content ids: CIDv1, codec raw, multihash sha2-256, in lower-case base32. One text per digest.

import { base32 } from 'multiformats/bases/base32';
import { concatBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';

const PREFIX = Uint8Array.of(0x01, 0x55, 0x12, 0x20);
const DIGEST_BYTES = 32;
// 36 bytes are 57.6 letters: the eighth letter begins with two bits of the prefix, the last ends with two spare zero bits.
const CONTENT_ID = /^bafkrei[a-h][a-z2-7]{50}[aeimquy4]$/;

/** The content id of a SHA-256 digest. Error: DECODE_FAILED when the digest has not 32 bytes. */
export function contentIdOf(digest: Uint8Array): string {
  if (digest.length !== DIGEST_BYTES) throw new ZeroError('DECODE_FAILED', 'a SHA-256 digest has 32 bytes');
  return base32.encode(concatBytes(PREFIX, digest));
}

/** The SHA-256 digest inside a content id. Error: DECODE_FAILED for any text that contentIdOf would not have written. */
export function digestOfContentId(text: string): Uint8Array {
  if (!isContentId(text))
    throw new ZeroError('DECODE_FAILED', 'text is not a content id (CIDv1, raw, sha2-256, base32)');
  return base32.decode(text).slice(PREFIX.length);
}

/** True when the text is the one spelling of a content id. */
export function isContentId(text: string): boolean {
  return CONTENT_ID.test(text);
}
