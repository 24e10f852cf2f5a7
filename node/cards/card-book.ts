// The newest verified card of every agent that this node knows, in memory. Rebuilt from the logs at start.
// An older card never replaces a newer one, wherever it comes from.

import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { type AgentCard, compareCards, type VerifiedCard } from '../../protocol/card/index.ts';
import { type Envelope, encodeEnvelope } from '../../protocol/envelope/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Verified } from '../../protocol/verified.ts';

/** Cards held in memory, about 6 kB each; past it new agents are resolved on demand and not kept. */
const CARDS_MAX = 100_000;

/** A card as the node keeps it. */
export interface BookEntry {
  readonly agentId: AgentId;
  readonly cardId: string;
  readonly card: Verified<AgentCard>;
  readonly keys: VerifiedCard['keys'];
  /** Wire bytes of the signed envelope. */
  readonly bytes: Uint8Array;
}

/** Entries made of verified cards, and of nothing else: what was signed and what was read of it are one. */
const takenIn = new WeakSet<BookEntry>();

/** A verified card as the node keeps it. */
export function entryOf({ card, cardId, keys, envelope }: VerifiedCard): BookEntry {
  const entry = Object.freeze({ agentId: card.id, cardId, card, keys, bytes: encodeEnvelope(envelope) });
  takenIn.add(entry);
  return entry;
}

/** True for an entry as it was made of a verified card: its signature need not be checked again. */
export function isTakenIn(entry: BookEntry): boolean {
  return takenIn.has(entry);
}

/** What a card claims to be, before anything of it is verified. */
interface Claim {
  readonly id?: string;
  readonly sequence?: number;
  readonly keychain?: unknown;
}

/** Claims read, and gone with their envelopes: a replay asks twice for each. */
const claims = new WeakMap<object, Claim>();

function claimOf(envelope: Pick<Envelope, 'payload'>): Claim {
  const known = claims.get(envelope);
  if (known !== undefined) return known;
  const claim = (JSON.parse(fromUtf8(envelope.payload)) ?? {}) as Claim;
  claims.set(envelope, claim);
  return claim;
}

/** What came of offering a card. */
export type CardVerdict = 'new' | 'same' | 'stale' | 'full';

/** The book of cards. */
export class CardBook {
  readonly #entries = new Map<AgentId, BookEntry>();
  readonly #listeners: ((entry: BookEntry) => void)[] = [];

  /** Calls a listener with each card that becomes the newest of its agent. For parts that live as long as the book. */
  listen(listener: (entry: BookEntry) => void): void {
    this.#listeners.push(listener);
  }

  /** Offers a verified card; keeps it when it is the newest of its agent. */
  offer(verified: VerifiedCard): CardVerdict {
    const { card, cardId } = verified;
    const known = this.#entries.get(card.id);
    if (known?.cardId === cardId) return 'same';
    if (known !== undefined && compareCards(card, known.card) <= 0) return 'stale';
    if (known === undefined && this.#entries.size >= CARDS_MAX) return 'full';
    const entry = entryOf(verified);
    this.#entries.set(card.id, entry);
    for (const listener of this.#listeners) listener(entry);
    return 'new';
  }

  /**
   * True when a card, should it verify, would be older than the one known: the same keychain and a lower sequence. Reads what the card
   * claims before anything is verified, so it may only be used to spare work on cards that could change nothing.
   */
  isSuperseded(envelope: Pick<Envelope, 'payload'>): boolean {
    try {
      const claim = claimOf(envelope);
      const known = this.#entries.get(claim.id ?? '')?.card;
      if (known === undefined || typeof claim.sequence !== 'number') return false;
      return (
        claim.sequence < known.sequence && JSON.stringify(claim.keychain) === JSON.stringify(known.keychain)
      );
    } catch {
      return false;
    }
  }

  get(agentId: AgentId): BookEntry | undefined {
    return this.#entries.get(agentId);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Every entry, oldest known first. */
  list(): BookEntry[] {
    return [...this.#entries.values()];
  }
}
