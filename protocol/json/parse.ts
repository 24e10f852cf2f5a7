// Strict JSON: what JSON.parse accepts, less what lets two readers see two documents: duplicate keys, lone surrogates,
// numbers out of range; and less what hurts: size and depth. Must not repair anything.

import { fromUtf8 } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
import type { JsonValue } from './types.ts';

export interface JsonLimits {
  /** Largest input, in bytes (UTF-16 units when a string is given). */
  readonly bytesMax?: number;
  /** Deepest nesting; a bare scalar has depth 0. */
  readonly depthMax?: number;
  /** Most values: members of objects and of arrays. Any number unless told, for texts that are short enough for that. */
  readonly valuesMax?: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

// Position of the quote that closes a string, or the end of the text.
function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return text.length;
}

// Counts the members of all objects of the text, and refuses depth and too many values before JSON.parse allocates anything. A
// wrong count on malformed text does no harm: JSON.parse refuses that text afterwards.
function countMembers(text: string, depthMax: number, valuesMax: number): number {
  let members = 0;
  let depth = 0;
  // What opens an array or an object, and what stands between members.
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = closingQuote(text, i);
    } else if (c === 0x3a) {
      members++;
    } else if (c === 0x2c) {
      values++;
    } else if (c === 0x7b || c === 0x5b) {
      values++;
      if (++depth > depthMax)
        throw new ZeroError('LIMIT_EXCEEDED', `JSON is nested deeper than ${depthMax}`, {
          details: { depthMax },
        });
    } else if (c === 0x7d || c === 0x5d) {
      depth--;
    }
    if (values > valuesMax)
      throw new ZeroError('LIMIT_EXCEEDED', `JSON has more than ${valuesMax} values`, {
        details: { valuesMax },
        hint: 'Split the document, or say what matters of it in a smaller one.',
      });
  }
  return members;
}

// Returns how many members the parsed value kept. Recursion is safe: depth was bounded above.
// Lone surrogates can only come from escapes, or from a string that was given instead of bytes.
function checkValue(value: JsonValue, surrogates: boolean): number {
  if (typeof value === 'string') {
    if (surrogates && !value.isWellFormed())
      throw new ZeroError('DECODE_FAILED', 'JSON string has a lone surrogate');
    return 0;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ZeroError('DECODE_FAILED', 'JSON number is out of range');
    return 0;
  }
  if (value === null || typeof value !== 'object') return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += checkValue(item, surrogates);
    return members;
  }
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw new ZeroError('DECODE_FAILED', 'JSON member "__proto__" is refused');
    if (surrogates && !key.isWellFormed())
      throw new ZeroError('DECODE_FAILED', 'JSON key has a lone surrogate');
    members += 1 + checkValue(value[key] as JsonValue, surrogates);
  }
  return members;
}

/**
 * Parses a JSON text strictly (RFC 8259 and I-JSON's rules on keys, surrogates and numbers).
 * A duplicate key is found by arithmetic: the text has more members than the parsed value kept.
 * Errors: DECODE_FAILED for the form, LIMIT_EXCEEDED for size, depth and number of values.
 */
export function parseStrictJson(input: string | Uint8Array, limits: JsonLimits = {}): JsonValue {
  const bytesMax = limits.bytesMax ?? JSON_BYTES_MAX;
  if (input.length > bytesMax)
    throw new ZeroError('LIMIT_EXCEEDED', `JSON is larger than ${bytesMax} bytes`, { details: { bytesMax } });
  const text = typeof input === 'string' ? input : fromUtf8(input);
  const written = countMembers(
    text,
    limits.depthMax ?? JSON_DEPTH_MAX,
    limits.valuesMax ?? Number.POSITIVE_INFINITY,
  );
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', 'text is not JSON', { cause });
  }
  const surrogates = typeof input === 'string' || text.includes('\\u');
  if (checkValue(value, surrogates) !== written)
    throw new ZeroError('DECODE_FAILED', 'JSON object has a duplicate key');
  return value;
}
