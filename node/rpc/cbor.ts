// DAG-CBOR of strangers: whatever is wrong with the bytes (form, depth, length) is one typed error.

import { decode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';

/** Decodes bytes that a peer sent. Their size is bounded by the protocol that carried them. Throws DECODE_FAILED. */
export function decodeCbor(bytes: Uint8Array, what: string): unknown {
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${what} is malformed`, { cause });
  }
}

/** The same for a map; anything else is refused. Throws DECODE_FAILED. */
export function decodeCborMap(bytes: Uint8Array, what: string): Record<string, unknown> {
  const value = decodeCbor(bytes, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return value as Record<string, unknown>;
  throw new ZeroError('DECODE_FAILED', `${what} is not a map`);
}
