// Checks the signatures of many envelopes ahead, so that the verification that follows finds them done. It decides nothing: the key id
// is only a hint of which key to try, and a wrong hint wastes the work of one check.

import { isEd25519Kept, primeEd25519, type SignatureCheck } from '../crypto/index.ts';
import { publicKeyOfDidKey } from './did-key.ts';
import { pae } from './pae.ts';
import type { Envelope } from './types.ts';

function keyOfHint(keyid: string, known: Map<string, Uint8Array | null>): Uint8Array | null {
  const found = known.get(keyid);
  if (found !== undefined) return found;
  let key: Uint8Array | null = null;
  try {
    key = publicKeyOfDidKey(keyid);
  } catch {
    // Another kind of key, or none: left to the verification.
  }
  known.set(keyid, key);
  return key;
}

/**
 * Starts the Ed25519 checks of all signatures that name their key, on other threads where there are some. Resolves when they are done;
 * verify the envelopes after that, and soon: only some thousand results are kept. With `isKept` good checks are also remembered beyond
 * that, for what is verified again at every start. Never rejects.
 */
export async function primeEnvelopes(
  envelopes: Iterable<Envelope>,
  options: { readonly isKept?: boolean } = {},
): Promise<void> {
  const known = new Map<string, Uint8Array | null>();
  await primeEd25519(
    [...envelopes].flatMap((envelope) => checksOf(envelope, known)),
    options,
  );
}

function checksOf(
  { payloadType, payload, signatures }: Envelope,
  known: Map<string, Uint8Array | null>,
): SignatureCheck[] {
  const checks: SignatureCheck[] = [];
  let message: Uint8Array | undefined;
  for (const { keyid, sig } of signatures) {
    const publicKey = keyOfHint(keyid, known);
    if (publicKey === null) continue;
    message ??= pae(payloadType, payload);
    checks.push({ publicKey, message, signature: sig });
  }
  return checks;
}

/** True for an envelope whose signatures were found good and are kept: to check it ahead would save nothing. */
export function isCheckKept(envelope: Envelope): boolean {
  const checks = checksOf(envelope, new Map());
  return checks.length > 0 && checks.every(isEd25519Kept);
}

/** Envelopes checked as one part: small enough that the first ones are soon ready, large enough that parts cost nothing. */
const PART_ENVELOPES = 64;

/**
 * The items in their order, in parts whose envelopes are checked ahead: while the caller works on one part, the next are on other
 * threads. For a tail of a log, or a replay. An item without an envelope is passed on as it is. `options` as those of primeEnvelopes.
 */
export async function* primedParts<T>(
  items: readonly T[],
  envelopeOf: (item: T) => Envelope | null,
  /** What is to be checked beside the envelopes of a part. */
  further: (envelopes: Envelope[]) => Envelope[] = (envelopes) => envelopes,
  options: { readonly isKept?: boolean } = {},
): AsyncGenerator<T[]> {
  const parts: { items: T[]; primed: Promise<void> }[] = [];
  for (let at = 0; at < items.length; at += PART_ENVELOPES) {
    const part = items.slice(at, at + PART_ENVELOPES);
    parts.push({
      items: part,
      primed: primeEnvelopes(further(part.map(envelopeOf).filter((envelope) => envelope !== null)), options),
    });
  }
  for (const part of parts) {
    await part.primed;
    yield part.items;
  }
}
