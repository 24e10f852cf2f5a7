// RFC 8785 canonical JSON, for objects that are about to be signed. Never used to verify: verification reads the signed bytes.

import canonicalize from 'canonicalize';
import { utf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { JSON_DEPTH_MAX } from './limits.ts';
import type { JsonObject, JsonValue } from './types.ts';

const [DIGIT_FIRST, DIGIT_LAST] = [0x30, 0x39];

function notJson(what: string): ZeroError {
  return new ZeroError('DECODE_FAILED', `value ${what} is not JSON`);
}

/** Engines list members that look like indexes before all others, and take one name for the prototype. */
function isMoved(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= DIGIT_FIRST && first <= DIGIT_LAST) || key === '__proto__';
}

/**
 * Refuses what is not JSON: undefined members and holes too, which others drop or turn into null; what a person signs must be what was asked
 * for. Answers whether an object keeps its members in the order in which they are added.
 */
function checkJson(value: unknown, depth: number): boolean {
  if (depth > JSON_DEPTH_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `value is nested deeper than ${JSON_DEPTH_MAX}, or refers to itself`,
    );
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw notJson('with a lone surrogate');
    return true;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson(String(value));
    return true;
  }
  if (value === null || typeof value === 'boolean') return true;
  let isKept = true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) isKept = checkJson(value[i], depth + 1) && isKept;
    return isKept;
  }
  if (
    typeof value === 'object' &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  ) {
    for (const key of Object.keys(value)) {
      if (!key.isWellFormed()) throw notJson('with a lone surrogate');
      isKept = checkJson((value as Record<string, unknown>)[key], depth + 1) && isKept && !isMoved(key);
    }
    return isKept;
  }
  throw notJson(`of type ${typeof value}`);
}

/** A copy with the members of each object in the order of RFC 8785: by UTF-16 code units. */
function ordered(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const copy: JsonObject = {};
  for (const key of Object.keys(value).sort()) copy[key] = ordered(value[key] as JsonValue);
  return copy;
}

/**
 * Canonical UTF-8 bytes of a JSON value (RFC 8785). The engine writes strings and numbers as that asks, and faster than anybody who puts
 * them together; the library is left what the engine would write in another order. Errors: DECODE_FAILED for undefined, NaN, lone
 * surrogates, class instances; LIMIT_EXCEEDED.
 */
export function canonicalJson(value: JsonValue): Uint8Array {
  if (checkJson(value, 0)) return utf8(JSON.stringify(ordered(value)));
  return utf8(canonicalize(value) as string);
}
