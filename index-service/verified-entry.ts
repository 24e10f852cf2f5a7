// From signed envelopes to index entries: nothing gets into an index that has not been verified here or by the caller.

import { verifyCard } from '../protocol/card/index.ts';
import { type Envelope, encodeEnvelope, primeEnvelopes } from '../protocol/envelope/index.ts';
import { type ErrorCode, isZeroError } from '../protocol/errors/index.ts';
import type { CardEntry } from './interface.ts';

/** Verifies one card. Errors: those of verifyCard. */
export function verifiedEntry(envelope: Envelope): CardEntry {
  const { card, cardId } = verifyCard(envelope);
  return { agentId: card.id, cardId, card, envelope: encodeEnvelope(envelope) };
}

export interface RefusedCard {
  /** Position in the list given. */
  readonly at: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * Verifies many cards, their signatures on other threads. `read` decodes one of them and may throw as verifyCard does. What does not
 * verify is reported and left out.
 */
export async function verifiedEntries<T>(
  items: readonly T[],
  read: (item: T) => Envelope,
): Promise<{ entries: CardEntry[]; refused: RefusedCard[] }> {
  const refused: RefusedCard[] = [];
  const attempt = <R>(at: number, work: () => R): R | undefined => {
    try {
      return work();
    } catch (error) {
      if (!isZeroError(error)) throw error;
      refused.push({ at, code: error.code, message: error.message });
      return undefined;
    }
  };
  const envelopes = items.map((item, at) => attempt(at, () => read(item)));
  await primeEnvelopes(envelopes.filter((envelope) => envelope !== undefined));
  const entries = envelopes.flatMap((envelope, at) =>
    envelope === undefined ? [] : (attempt(at, () => verifiedEntry(envelope)) ?? []),
  );
  return { entries, refused };
}
