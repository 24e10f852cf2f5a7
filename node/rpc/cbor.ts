// DAG-CBOR of strangers: whatever is wrong with the bytes (form, depth, length) is one typed error.

import { decode } from '@ipld/dag-cbor';
import { hasManyValues } from '../../protocol/cbor/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';

/** Values, keys and tags of one message: a task with a thousand parts has some thousands. Reading as many takes a tenth of a second. */
export const MESSAGE_VALUES_MAX = 50_000;

/**
 * Decodes bytes that a peer sent. Their size is bounded by the protocol that carried them, and what is in them here: a message of 16 MiB may hold as many
 * values, which would be seconds of the one thread, and gigabytes. Throws DECODE_FAILED or LIMIT_EXCEEDED.
 */
export function decodeCbor(bytes: Uint8Array, what: string): unknown {
  if (hasManyValues(bytes, MESSAGE_VALUES_MAX))
    throw new ZeroError('LIMIT_EXCEEDED', `${what} has more than ${MESSAGE_VALUES_MAX} values`);
  try {
    return decode(bytes);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${what} is malformed`, { cause });
  }
}

/** The same for a map; anything else is refused. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeCborMap(bytes: Uint8Array, what: string): Record<string, unknown> {
  const value = decodeCbor(bytes, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array))
    return value as Record<string, unknown>;
  throw new ZeroError('DECODE_FAILED', `${what} is not a map`);
}
