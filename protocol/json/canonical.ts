// RFC 8785 canonical JSON, for objects that are about to be signed. Never used to verify: verification reads the signed bytes.

import canonicalize from 'canonicalize';
import { utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { JSON_DEPTH_MAX } from './limits.ts';
import type { JsonValue } from './types.ts';

// The library drops undefined members and turns holes into null; what a person signs must be what was asked for.
function checkJson(value: unknown, depth: number): void {
  if (depth > JSON_DEPTH_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `value is nested deeper than ${JSON_DEPTH_MAX}, or refers to itself`,
    );
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number')
    return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkJson(value[i], depth + 1);
    return;
  }
  if (
    typeof value === 'object' &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  ) {
    for (const key of Object.keys(value)) checkJson((value as Record<string, unknown>)[key], depth + 1);
    return;
  }
  throw new ZeroError('DECODE_FAILED', `value of type ${typeof value} is not JSON`);
}

/** Canonical UTF-8 bytes of a JSON value (RFC 8785). Errors: DECODE_FAILED for undefined, NaN, lone surrogates, class instances. */
export function canonicalJson(value: JsonValue): Uint8Array {
  checkJson(value, 0);
  try {
    return utf8(canonicalize(value) as string);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'value is not JSON', { cause });
  }
}
