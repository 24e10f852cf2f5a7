// One card against one filter, without columns or lists. Pure. What another engine answers is held against this before it is
// shown: its own reading of a filter is not believed.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter, PriceLimit } from '../interface.ts';
import type { PointFields } from './interface.ts';

/** True when a card meets every condition. */
export function cardPasses(filter: CardFilter, card: PointFields, reputation: number): boolean {
  const { region, owner, tagsAny, tagsAll, tagsNone, priceMax, sla, notExpiredAt, reputationMin } = filter;
  const has = (tag: string) => card.tags.includes(tag);
  return (
    (region === undefined || [region].flat().includes(card.region)) &&
    (owner === undefined || [owner].flat().includes(card.operator)) &&
    (tagsAny === undefined || tagsAny.some(has)) &&
    (tagsAll === undefined || tagsAll.every(has)) &&
    (tagsNone === undefined || !tagsNone.some(has)) &&
    (priceMax === undefined || affordable(priceMax, card.prices)) &&
    (sla === undefined || serves(sla, card.sla)) &&
    (notExpiredAt === undefined || card.expiresAtMs > notExpiredAt) &&
    (reputationMin === undefined || reputation >= reputationMin) &&
    (filter.and === undefined || filter.and.every((inner) => cardPasses(inner, card, reputation))) &&
    (filter.or === undefined || filter.or.some((inner) => cardPasses(inner, card, reputation))) &&
    (filter.not === undefined || !cardPasses(filter.not, card, reputation))
  );
}

function affordable({ amount, currency, unit }: PriceLimit, prices: PointFields['prices']): boolean {
  const wanted = unit ?? PRICE_UNITS[0];
  const most = BigInt(amount);
  return (
    prices.length === 0 ||
    prices.some((price) => price.unit === wanted && price.currency === currency && price.amount <= most)
  );
}

function serves(wanted: NonNullable<CardFilter['sla']>, level: PointFields['sla']): boolean {
  return typeof wanted === 'string'
    ? SLA_CLASSES.indexOf(level) >= SLA_CLASSES.indexOf(wanted)
    : wanted.includes(level);
}
