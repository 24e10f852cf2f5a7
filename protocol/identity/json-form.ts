// Keychains inside JSON objects (cards, statements, files).

import { envelopeFromJson, envelopeToJson } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import type { JsonValue } from '../json/index.ts';
import { KEY_PAYLOAD_BYTES_MAX, ROOTS_MAX } from './limits.ts';
import type { Keychain, KeychainJson } from './types.ts';

/** The JSON form of a keychain. */
export function keychainToJson(keychain: Keychain): KeychainJson {
  return { roots: keychain.roots.map(envelopeToJson), delegation: envelopeToJson(keychain.delegation) };
}

/** Reads the JSON form; nothing is verified yet. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function keychainFromJson(value: JsonValue | undefined, where = 'keychain'): Keychain {
  const fields = new Fields(value, where, ['roots', 'delegation']);
  const bounds = { payloadBytesMax: KEY_PAYLOAD_BYTES_MAX };
  const roots = fields.raw('roots');
  if (Array.isArray(roots) && roots.length > ROOTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `${where} has more than ${ROOTS_MAX} roots`);
  return {
    roots: fields.list('roots', { min: 1, max: ROOTS_MAX }, (root) => envelopeFromJson(root, bounds)),
    delegation: envelopeFromJson(fields.raw('delegation'), bounds),
  };
}
