// base64url without padding, as JOSE writes it. Strict: one text per byte string.

import { ZeroError } from '../errors/index.ts';

const BASE64URL = /^[A-Za-z0-9_-]*$/;

export function toBase64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** Error: DECODE_FAILED for padding, other letters or spare bits. */
export function fromBase64url(text: string): Uint8Array {
  try {
    if (!BASE64URL.test(text) || text.length % 4 === 1) throw new SyntaxError('letters or length');
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url', lastChunkHandling: 'loose' });
    if (toBase64url(bytes) !== text) throw new SyntaxError('spare bits');
    return bytes;
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'text is not base64url', { cause });
  }
}
