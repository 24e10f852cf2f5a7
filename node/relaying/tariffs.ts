// What the agents of a node ask for bytes, by their signed cards. Pure.

import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { Tariff } from './account.ts';

/** An agent that prices bytes, and its price. */
export interface Seller {
  readonly agentId: AgentId;
  readonly tariff: Tariff;
}

/** Those of some agents that price bytes, in their order. */
export function byteTariffs(cards: Pick<CardBook, 'get'>, agents: readonly AgentId[]): Seller[] {
  return agents.flatMap((agentId) => {
    const prices = cards.get(agentId)?.card.prices ?? [];
    const price = prices.find(({ amount, unit }) => unit === 'byte' && amount !== '0');
    if (price === undefined) return [];
    const { amount, currency, per = '1' } = price;
    return [{ agentId, tariff: { amount, currency, per } }];
  });
}
