// Digest of module bytes, taken once per array: hashing a module for every task would cost more than running it.

import { bytesDigest } from '../../protocol/receipt/index.ts';

const known = new WeakMap<Uint8Array, string>();

/** `sha256:<hex>` of bytes that nobody changes any more. */
export function moduleId(bytes: Uint8Array): string {
  let id = known.get(bytes);
  if (id === undefined) {
    id = bytesDigest(bytes);
    known.set(bytes, id);
  }
  return id;
}
