// The binary form of requests and answers: DAG-CBOR with vectors and envelopes as byte strings. The same members as in JSON.

import { decode, encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import { checkCborItems } from './items.ts';
import { BODY_DEPTH_MAX } from './limits.ts';

/** Media type of the binary form. */
export const CBOR_TYPE = 'application/vnd.ipld.dag-cbor';

const FLOAT_BYTES = 4;

/** Reads a request; vectors become lists of numbers, as JSON has them. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function readBinary(bytes: Uint8Array): unknown {
  checkCborItems(bytes);
  let value: unknown;
  try {
    value = decode(bytes);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'the body is no DAG-CBOR', { cause });
  }
  checkDepth(value, BODY_DEPTH_MAX);
  readVector(value);
  const queries = (value as { queries?: unknown } | null)?.queries;
  if (Array.isArray(queries)) queries.forEach(readVector);
  return value;
}

/** Writes an answer; members that are undefined are left out, as JSON does. */
export function writeBinary(value: unknown): Uint8Array {
  return encode(withoutUndefined(value));
}

/** The bytes of a vector: 32-bit floats, little-endian. */
export function vectorBytes(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * FLOAT_BYTES);
  const view = new DataView(bytes.buffer);
  vector.forEach((value, i) => {
    view.setFloat32(i * FLOAT_BYTES, value, true);
  });
  return bytes;
}

function readVector(query: unknown): void {
  if (typeof query !== 'object' || query === null) return;
  const holder = query as { vector?: unknown };
  const bytes = holder.vector;
  if (!(bytes instanceof Uint8Array)) return;
  if (bytes.length % FLOAT_BYTES !== 0)
    throw new ZeroError('DECODE_FAILED', 'a vector is no list of 32-bit floats');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  holder.vector = Array.from({ length: bytes.length / FLOAT_BYTES }, (_, i) =>
    view.getFloat32(i * FLOAT_BYTES, true),
  );
}

function checkDepth(value: unknown, left: number): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (left === 0) throw new ZeroError('LIMIT_EXCEEDED', `the body is nested deeper than ${BODY_DEPTH_MAX}`);
  for (const member of Object.values(value)) checkDepth(member, left - 1);
}

function withoutUndefined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutUndefined);
  const kept = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutUndefined(member)]));
}
