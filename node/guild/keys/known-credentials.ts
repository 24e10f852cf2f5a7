// Credentials whose signatures a node has verified: the library asks about each member several times while a group is made. Whether a
// credential is in force is asked anew every time. Must not: be shared between nodes.

import { toHex } from '../../../protocol/bytes/index.ts';
import { sha256 } from '../../../protocol/crypto/index.ts';
import {
  checkCredentialTime,
  readCredential,
  type VerifiedCredential,
} from '../../../protocol/guild/index.ts';
import type { Verified } from '../../../protocol/verified.ts';

/** Credentials remembered: several guilds of the largest size, some 2 kB each. What was added first is forgotten first. */
export const KNOWN_CREDENTIALS_MAX = 512;

/** The memory of one node. */
export class KnownCredentials {
  readonly #known = new Map<string, Verified<VerifiedCredential>>();

  /** Verifies a credential at `now`. Errors: those of verifyCredential. */
  verify(bytes: Uint8Array, now: number): Verified<VerifiedCredential> {
    const key = toHex(sha256(bytes));
    const credential = this.#known.get(key) ?? readCredential(bytes);
    checkCredentialTime(credential, now);
    this.#known.set(key, credential);
    if (this.#known.size > KNOWN_CREDENTIALS_MAX)
      this.#known.delete(this.#known.keys().next().value as string);
    return credential;
  }
}
