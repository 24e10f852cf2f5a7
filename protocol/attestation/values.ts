// Lenient reading of members that other tools wrote: what is missing is null, what is malformed is refused.

import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/index.ts';
import type { DigestSet } from '../statement/index.ts';
import { FACT_CHARS_MAX } from './limits.ts';

function refuse(what: string): never {
  throw new ZeroError('DECODE_FAILED', `attestation: ${what}`);
}

/** Text, or null when the member is missing or null. */
export function textOrNull(value: JsonValue | undefined, what: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') refuse(`${what} is not text`);
  if (value.length > FACT_CHARS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `attestation: ${what} is longer than ${FACT_CHARS_MAX} characters`);
  return value;
}

/** The objects of an array; a missing array is empty. */
export function objectsOf(value: JsonValue | undefined, max: number, what: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) refuse(`${what} is not an array`);
  if (value.length > max)
    throw new ZeroError('LIMIT_EXCEEDED', `attestation: ${what} has more than ${max} items`);
  return value.map((item) =>
    isJsonObject(item) ? item : refuse(`${what} has an item that is not an object`),
  );
}

/** An object, or an empty one when the member is missing. */
export function objectOrEmpty(value: JsonValue | undefined, what: string): JsonObject {
  if (value === undefined || value === null) return {};
  return isJsonObject(value) ? value : refuse(`${what} is not an object`);
}

/** Every tool spells them in its own way: SHA-256, SHA256, sha-256. */
const HEX_DIGITS: Readonly<Record<string, number>> = { sha1: 40, sha256: 64, sha384: 96, sha512: 128 };

/** Adds a digest when its algorithm is one that we compare; refuses a malformed one. */
export function addDigest(
  digests: DigestSet,
  algorithm: JsonValue | undefined,
  value: JsonValue | undefined,
): void {
  const name = typeof algorithm === 'string' ? algorithm.toLowerCase().replace('-', '') : '';
  const digits = HEX_DIGITS[name];
  if (digits === undefined) return;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  if (text.length !== digits || !/^[0-9a-f]+$/.test(text))
    refuse(`a ${name} digest is not ${digits} hexadecimal digits`);
  digests[name] = text;
}

/** The set, or null when it is empty. */
export function digestsOrNull(digests: DigestSet): DigestSet | null {
  return Object.keys(digests).length === 0 ? null : digests;
}
