// Digest of module bytes, taken once per array: hashing a module for every task would cost more than running it.

import { createHash } from 'node:crypto';

const known = new WeakMap<Uint8Array, string>();

/** `sha256:<hex>` of bytes that nobody changes any more. */
export function moduleId(bytes: Uint8Array): string {
  let id = known.get(bytes);
  if (id === undefined) {
    id = sha256(bytes);
    known.set(bytes, id);
  }
  return id;
}

/** `sha256:<hex>` of bytes. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
