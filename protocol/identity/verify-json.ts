// Verifies keychains inside JSON objects, and remembers the verified ones: the same issuers sign again and again.
// Only verified keychains are remembered, under their exact text, so the memory cannot change an answer.

import { ZeroError } from '../errors/index.ts';
import type { JsonValue } from '../json/index.ts';
import type { Verified } from '../verified.ts';
import { keychainFromJson } from './json-form.ts';
import { KEYCHAIN_CHARS_MAX, KEYCHAIN_MEMORY_CHARS_MAX } from './limits.ts';
import type { AgentKeys, KeychainJson } from './types.ts';
import { verifyKeychain } from './verify.ts';

const remembered = new Map<string, Verified<AgentKeys>>();
/** The newest remembered keychain of each operational key, by its text: no more than there are keychains. */
const textOfKey = new Map<string, string>();
let rememberedChars = 0;

function remember(text: string, keys: Verified<AgentKeys>): void {
  remembered.set(text, keys);
  textOfKey.set(keys.operationalKey, text);
  rememberedChars += text.length;
  for (const [oldest, { operationalKey }] of remembered) {
    if (rememberedChars <= KEYCHAIN_MEMORY_CHARS_MAX) break;
    remembered.delete(oldest);
    if (textOfKey.get(operationalKey) === oldest) textOfKey.delete(operationalKey);
    rememberedChars -= oldest.length;
  }
}

/** The JSON form of keychains, by what came of verifying it, and gone with that. */
const formOfKeys = new WeakMap<Verified<AgentKeys>, KeychainJson>();

/**
 * One JSON form, frozen, for all statements that carry the keychain that `keys` were read from: whoever keeps thousands of an agent's statements
 * keeps its keychain once. `own` is that of the statement in hand, which the caller has just parsed and gives away.
 */
export function sharedKeychainJson(keys: Verified<AgentKeys>, own: KeychainJson): KeychainJson {
  const known = formOfKeys.get(keys);
  if (known !== undefined) return known;
  formOfKeys.set(keys, frozen(own));
  return own;
}

/** True for an operational key of which a keychain is remembered: what it signs most likely carries that one. */
export function isSignerRemembered(operationalKey: string): boolean {
  return textOfKey.has(operationalKey);
}

/** True for the text of a keychain that was verified before and is remembered. */
export function isKeychainRemembered(text: string): boolean {
  return remembered.has(text);
}

/**
 * Verifies the JSON form of a keychain; `where` names it in messages. The value must come from parseStrictJson.
 * Errors: as verifyKeychain and keychainFromJson.
 */
export function verifyKeychainJson(value: JsonValue | undefined, where: string): Verified<AgentKeys> {
  const text = JSON.stringify(value) ?? '';
  if (text.length > KEYCHAIN_CHARS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `${where} is longer than ${KEYCHAIN_CHARS_MAX} characters`);
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const keys = verifyKeychain(keychainFromJson(value, where));
  remember(text, keys);
  return keys;
}

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value))
    if (typeof member === 'object' && member !== null) frozen(member);
  return Object.freeze(value);
}
