// Counts the values of CBOR without reading them: who decodes what strangers sent builds one object for each, and a message of megabytes may hold a value in
// every byte. Says nothing of the form, which the decoder judges.

import { BYTES, TEXT } from './heads.ts';

/** Information of a head: up to this it is the value; the next four say that it follows, in 1, 2, 4 or 8 bytes. */
const SHORT_MAX = 23;
const LONG_MAX = 27;

/** Whether there are more than `max` heads: values, keys and tags. What is not well formed ends the count. */
export function hasManyValues(bytes: Uint8Array, max: number): boolean {
  // Each takes a byte at least.
  if (bytes.length <= max) return false;
  let values = 0;
  for (let at = 0; at < bytes.length; ) {
    values += 1;
    if (values > max) return true;
    const head = bytes[at]!;
    const major = head >> 5;
    const info = head & 0x1f;
    if (info > LONG_MAX) return false;
    const extra = info <= SHORT_MAX ? 0 : 1 << (info - SHORT_MAX - 1);
    let length = extra === 0 ? info : 0;
    for (let i = 1; i <= extra; i++) length = length * 256 + (bytes[at + i] ?? 0);
    at += 1 + extra + (major === BYTES || major === TEXT ? length : 0);
  }
  return false;
}
