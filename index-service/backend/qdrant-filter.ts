// A card filter in the words of Qdrant. Pure. The payload it speaks about is made in qdrant.ts.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter } from '../interface.ts';

/** A Qdrant condition or filter; the engine's own type is far wider. */
export type QdrantFilter = {
  must?: QdrantCondition[];
  should?: QdrantCondition[];
  must_not?: QdrantCondition[];
};
export type QdrantCondition =
  | QdrantFilter
  | { key: string; match: { value: string | number } | { any: (string | number)[] } }
  | { key: string; range: { gt?: number; gte?: number; lte?: number } }
  | { nested: { key: string; filter: QdrantFilter } };

/** Whole numbers that a payload keeps exactly. */
const EXACT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** An amount as a payload number: never below the true one, so that a card is not found too cheap. */
export function payloadAmount(amount: bigint): number {
  return amount <= EXACT_MAX ? Number(amount) : Number.MAX_VALUE;
}

/** Conditions that must all hold. */
export function qdrantFilter(filter: CardFilter): QdrantFilter {
  const must: QdrantCondition[] = [];
  const mustNot: QdrantCondition[] = [];
  if (filter.region !== undefined) must.push(anyOf('region', listed(filter.region)));
  if (filter.owner !== undefined) must.push(anyOf('operator', listed(filter.owner)));
  if (filter.tagsAny !== undefined) must.push(anyOf('tags', filter.tagsAny));
  for (const tag of filter.tagsAll ?? []) must.push({ key: 'tags', match: { value: tag } });
  if (filter.tagsNone !== undefined && filter.tagsNone.length > 0)
    mustNot.push(anyOf('tags', filter.tagsNone));
  if (filter.priceMax !== undefined) must.push(atMost(filter.priceMax));
  if (typeof filter.sla === 'string')
    must.push({ key: 'sla', range: { gte: SLA_CLASSES.indexOf(filter.sla) } });
  else if (filter.sla !== undefined)
    must.push(
      anyOf(
        'sla',
        filter.sla.map((level) => SLA_CLASSES.indexOf(level)),
      ),
    );
  if (filter.notExpiredAt !== undefined)
    must.push({ key: 'expiresAtMs', range: { gt: filter.notExpiredAt } });
  if (filter.reputationMin !== undefined)
    must.push({ key: 'reputation', range: { gte: filter.reputationMin } });
  for (const inner of filter.and ?? []) must.push(qdrantFilter(inner));
  // An empty list of alternatives lets nothing pass; for Qdrant an empty `should` is no condition at all.
  if (filter.or !== undefined)
    must.push(filter.or.length === 0 ? NOTHING : { should: filter.or.map(qdrantFilter) });
  if (filter.not !== undefined) mustNot.push(qdrantFilter(filter.not));
  return { must, must_not: mustNot };
}

const NOTHING: QdrantCondition = { key: 'region', match: { any: [] } };

function listed(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function anyOf(key: string, values: readonly (string | number)[]): QdrantCondition {
  return { key, match: { any: [...values] } };
}

function atMost(limit: NonNullable<CardFilter['priceMax']>): QdrantCondition {
  const most = BigInt(limit.amount);
  const price = `${limit.unit ?? PRICE_UNITS[0]} ${limit.currency}`;
  // A limit above what numbers hold exactly is lowered: rather a card too few than one too dear.
  const lte = most <= EXACT_MAX ? Number(most) : Number.MAX_SAFE_INTEGER;
  return {
    should: [
      { key: 'free', match: { value: 1 } },
      {
        nested: {
          key: 'prices',
          filter: {
            must: [
              { key: 'price', match: { value: price } },
              { key: 'amount', range: { lte } },
            ],
          },
        },
      },
    ],
  };
}
