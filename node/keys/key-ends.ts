// When the key of an agent ends, worked out once for each keychain: a node with hundreds of agents is asked for it by every look at its health.

import { type Keychain, verifyKeychain } from '../../protocol/identity/index.ts';

/** Kept as long as the keychain itself. */
const ends = new WeakMap<Keychain, number>();

/** When the operational key of a keychain ends, in milliseconds since 1970. Throws as `verifyKeychain()` does. */
export function keyEndsMs(keychain: Keychain): number {
  const kept = ends.get(keychain);
  if (kept !== undefined) return kept;
  const ms = Date.parse(verifyKeychain(keychain).notAfter);
  ends.set(keychain, ms);
  return ms;
}
