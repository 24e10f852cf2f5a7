// Byte helpers: strict text encodings and comparisons. No Buffer, so that a browser runs the same code.

import { ZeroError } from '../errors/index.ts';

export { mix32 } from './mix.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** What the platform's decoder passes over. */
const WHITE_SPACE = /[\t\n\f\r ]/;

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** String of UTF-8 bytes. Throws DECODE_FAILED on malformed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'text is not valid UTF-8', { cause });
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Bytes of lower- or upper-case hexadecimal. Throws DECODE_FAILED. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new ZeroError('DECODE_FAILED', 'text is not hexadecimal');
  return Uint8Array.fromHex(text);
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  return bytes.toBase64();
}

/** Bytes of standard base64: padding required, no white space, zero trailing bits. Throws DECODE_FAILED. */
export function fromBase64(text: string): Uint8Array {
  if (WHITE_SPACE.test(text)) throw new ZeroError('DECODE_FAILED', 'text is not standard base64');
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'text is not canonical base64', { cause });
  }
}

/** One array of all parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** True when both hold the same bytes. Not constant-time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}

/** Lexicographic order of unsigned bytes: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
