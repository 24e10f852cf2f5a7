// Finds the envelopes of the keychains inside statements, so that their signatures can be checked ahead, on other threads: a statement of
// an agent not met before needs two signatures more than its own. It decides nothing; what is no keychain is passed over.

import { fromUtf8 } from '../bytes/index.ts';
import type { Envelope } from '../envelope/index.ts';
import { isZeroError } from '../errors/index.ts';
import type { JsonValue } from '../json/index.ts';
import { keychainFromJson } from './json-form.ts';
import { KEYCHAIN_CHARS_MAX } from './limits.ts';
import { isKeychainRemembered, isSignerRemembered } from './verify-json.ts';

/**
 * The envelopes, and after each the roots and delegation of the keychain that its payload carries, once for each keychain. A payload whose
 * signer is known by a keychain that was verified is not read for it: another keychain of that key is checked when its statement is.
 */
export function withKeychains(envelopes: Iterable<Envelope>): Envelope[] {
  const seen = new Set<string>();
  const out: Envelope[] = [];
  for (const envelope of envelopes) {
    out.push(envelope);
    if (isSignerRemembered(envelope.signatures[0]?.keyid ?? '')) continue;
    const value = keychainIn(envelope.payload);
    const text = value === undefined ? '' : JSON.stringify(value);
    if (text === '' || text.length > KEYCHAIN_CHARS_MAX || seen.has(text) || isKeychainRemembered(text))
      continue;
    seen.add(text);
    try {
      const { roots, delegation } = keychainFromJson(value);
      out.push(...roots, delegation);
    } catch (error) {
      if (!isZeroError(error)) throw error;
    }
  }
  return out;
}

/** A card has its keychain at the top, a statement in its predicate. */
function keychainIn(payload: Uint8Array): JsonValue | undefined {
  try {
    const claim = JSON.parse(fromUtf8(payload)) as {
      keychain?: JsonValue;
      predicate?: { keychain?: JsonValue };
    };
    return claim?.keychain ?? claim?.predicate?.keychain;
  } catch {
    return undefined;
  }
}
