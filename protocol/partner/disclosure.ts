// Salted disclosures, after SD-JWT (RFC 9901): a digest of each part is signed and public, the part itself goes only to whom it may.
// Here a part is named by its path, so that one flat list of digests covers a statement of any depth.

import { fromHex, fromUtf8, toHex } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../json/index.ts';
import { FOREIGN_STATEMENT_BYTES_MAX, SEALED_DIGESTS_MAX } from '../statement/index.ts';
import { DISCLOSURE_SALT_BYTES, DISCLOSURES_STEP, PATH_CHARS_MAX } from './limits.ts';
import type { Part } from './paths.ts';

/** Random bytes, from the caller. */
export type Entropy = (bytes: number) => Uint8Array;

const SALT = new RegExp(`^[0-9a-f]{${DISCLOSURE_SALT_BYTES * 2}}$`);

/** Bytes of a disclosure: canonical JSON of [salt in hex, path, value]. */
export function writeDisclosure(salt: Uint8Array, { path, value }: Part): Uint8Array {
  return canonicalJson([toHex(salt), path, value]);
}

/** 64 hexadecimal digits of SHA-256 over the bytes of a disclosure. */
export function disclosureDigest(disclosure: Uint8Array): string {
  return toHex(sha256(disclosure));
}

/** The part in a disclosure. Throws DISCLOSURE_INVALID. */
export function readDisclosure(disclosure: Uint8Array): Part & { readonly salt: Uint8Array } {
  let value: JsonValue;
  try {
    value = parseStrictJson(fromUtf8(disclosure), { bytesMax: FOREIGN_STATEMENT_BYTES_MAX });
  } catch (cause) {
    throw new ZeroError('DISCLOSURE_INVALID', 'a disclosure is not JSON', { cause });
  }
  const [salt, path, content] = Array.isArray(value) && value.length === 3 ? value : [];
  if (typeof salt !== 'string' || !SALT.test(salt) || typeof path !== 'string' || content === undefined)
    throw new ZeroError('DISCLOSURE_INVALID', 'a disclosure is not a salt, a path and a value');
  if (path.length > PATH_CHARS_MAX)
    throw new ZeroError('DISCLOSURE_INVALID', 'the path of a disclosure is too long');
  return { salt: fromHex(salt), path, value: content };
}

/** Salts every part. Answers the disclosures in the order of the parts, and the sorted digests, filled up with random ones. */
export function discloseParts(
  parts: readonly Part[],
  entropy: Entropy,
): { readonly disclosures: readonly Uint8Array[]; readonly digests: readonly string[] } {
  if (parts.length > SEALED_DIGESTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a sealed statement has at most ${SEALED_DIGESTS_MAX} parts`);
  const disclosures = parts.map((part) => writeDisclosure(entropy(DISCLOSURE_SALT_BYTES), part));
  const digests = disclosures.map(disclosureDigest);
  while (digests.length % DISCLOSURES_STEP !== 0) digests.push(toHex(sha256(entropy(DISCLOSURE_SALT_BYTES))));
  return { disclosures, digests: digests.sort() };
}

/** The parts of disclosures that all stand under these digests, each once. Throws DISCLOSURE_INVALID. */
export function openDisclosures(disclosures: readonly Uint8Array[], digests: readonly string[]): Part[] {
  if (disclosures.length > digests.length)
    throw new ZeroError('DISCLOSURE_INVALID', 'more is disclosed than was committed to');
  const known = new Set(digests);
  return disclosures.map((disclosure) => {
    if (!known.delete(disclosureDigest(disclosure)))
      throw new ZeroError('DISCLOSURE_INVALID', 'a disclosure was not committed to, or is given twice');
    const { path, value } = readDisclosure(disclosure);
    return { path, value };
  });
}
