// What the agents of a node ask for bytes, by their signed cards. Pure.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { FREE, type Tariff } from './account.ts';

/** An agent that prices bytes, its price, and when the card that says so ends, in milliseconds. */
export interface Seller {
  readonly agentId: AgentId;
  readonly tariff: Tariff;
  readonly endsAt: number;
}

/** What is asked where nobody prices bytes: nothing, until a card changes. */
export const FOR_NOTHING: Pick<Seller, 'tariff' | 'endsAt'> = {
  tariff: FREE,
  endsAt: Number.POSITIVE_INFINITY,
};

/** Those of some agents that price bytes, in their order. A card that has ended asks for nothing. */
export function byteTariffs(cards: Pick<CardBook, 'get'>, agents: readonly AgentId[], now: number): Seller[] {
  return agents.flatMap((agentId) => {
    const card = cards.get(agentId)?.card;
    if (card === undefined) return [];
    const endsAt = Date.parse(card.expiresAt);
    if (endsAt <= now) return [];
    const price = card.prices.find(({ amount, unit }) => unit === 'byte' && amount !== '0');
    if (price === undefined) return [];
    const { amount, currency, per = '1' } = price;
    return [{ agentId, tariff: { amount, currency, per }, endsAt }];
  });
}

/** True when an agent priced bytes until its card ended: what is left is paid when there is a new one, which says how. */
export function hasEnded(cards: Pick<CardBook, 'get'>, seller: AgentId, now: number): boolean {
  const priced = (at: number) => byteTariffs(cards, [seller], at).length > 0;
  return priced(Number.NEGATIVE_INFINITY) && !priced(now);
}
