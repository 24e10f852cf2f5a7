// Which of two cards of one agent is the newer. Every node must come to the same answer from the cards alone.

import { ZeroError } from '../errors/index.ts';
import { compareKeyOrder, type KeyOrder } from '../identity/index.ts';
import type { Verified } from '../verified.ts';
import type { AgentCard } from './types.ts';

/** Where a card stands; plain data that a store may keep beside it. */
export interface CardOrder extends KeyOrder {
  readonly sequence: number;
  readonly cardId: string;
}

// The order needs facts that only verification yields (root ids, card id). They hang on the verified object itself.
const orders = new WeakMap<object, CardOrder>();

/** For verifyCard only. */
export function rememberOrder(card: Verified<AgentCard>, order: CardOrder): void {
  orders.set(card, order);
}

/** Where a verified card stands. Error: CARD_INVALID for an object that verifyCard did not return (a copy, for instance). */
export function cardOrder(card: Verified<AgentCard>): CardOrder {
  const order = orders.get(card);
  if (order === undefined)
    throw new ZeroError('CARD_INVALID', 'the card was not verified here, or is a copy of a verified one', {
      hint: 'Pass the object that verifyCard returned.',
    });
  return order;
}

/** Negative, zero or positive: keys first (see compareKeyOrder: epoch, serial), then sequence, then card id as text. */
export function compareCardOrder(a: CardOrder, b: CardOrder): number {
  const byKeys = compareKeyOrder(a, b);
  if (byKeys !== 0) return byKeys;
  if (a.sequence !== b.sequence) return a.sequence < b.sequence ? -1 : 1;
  return a.cardId === b.cardId ? 0 : a.cardId < b.cardId ? -1 : 1;
}

/** compareCardOrder of two verified cards: the greater one wins on every node. */
export function compareCards(a: Verified<AgentCard>, b: Verified<AgentCard>): number {
  return compareCardOrder(cardOrder(a), cardOrder(b));
}
