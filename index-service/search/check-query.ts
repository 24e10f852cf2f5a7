// Checks a query and its filter before anything runs: queries come from the network. Refuses unknown members, wrong types
// and sizes out of bounds; returns nothing new.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { CardFilter, CardQuery, PriceLimit } from '../interface.ts';
import { FILTER_NODES_MAX, FILTER_VALUES_MAX, QUERY_K_MAX, QUERY_TEXT_MAX } from '../limits.ts';

function refuse(message: string): never {
  throw new ZeroError('INDEX_QUERY_INVALID', message);
}

/** Throws INDEX_QUERY_INVALID, or EMBEDDER_MISMATCH for a vector of another embedder. */
export function checkQuery(query: CardQuery, embedder: { id: string; dims: number }): void {
  if (!Number.isInteger(query.k) || query.k < 1 || query.k > QUERY_K_MAX)
    refuse(`k must be 1 to ${QUERY_K_MAX}`);
  if (query.text === undefined && query.vector === undefined) refuse('give a text, a vector, or both');
  if (
    query.text !== undefined &&
    (typeof query.text !== 'string' || query.text.length < 1 || query.text.length > QUERY_TEXT_MAX)
  ) {
    refuse(`text must have 1 to ${QUERY_TEXT_MAX} characters`);
  }
  if (query.embedder !== undefined && query.embedder !== embedder.id) mismatch(query.embedder, embedder.id);
  if (query.vector !== undefined) checkVector(query.vector, query.embedder, embedder);
  if (query.filter !== undefined)
    checkFilter(query.filter, { left: FILTER_NODES_MAX, values: FILTER_VALUES_MAX });
}

function mismatch(theirs: string, ours: string): never {
  throw new ZeroError('EMBEDDER_MISMATCH', `the query names embedder ${theirs}, this index uses ${ours}`, {
    details: { theirs, ours },
  });
}

function checkVector(
  vector: Float32Array,
  named: string | undefined,
  embedder: { id: string; dims: number },
): void {
  if (named === undefined) refuse('a vector needs the id of its embedder');
  if (!(vector instanceof Float32Array) || vector.length !== embedder.dims)
    refuse(`the vector must have ${embedder.dims} numbers`);
  if (!vector.every(Number.isFinite)) refuse('the vector holds a number that is not finite');
}

/** What is left of a filter's bounds, all levels together. */
interface Budget {
  left: number;
  values: number;
}

const MEMBERS: Record<keyof CardFilter, (value: unknown, budget: Budget) => void> = {
  region: (value, budget) => stringOrStrings('region', value, budget),
  owner: (value, budget) => stringOrStrings('owner', value, budget),
  tagsAny: (value, budget) => strings('tagsAny', value, budget),
  tagsAll: (value, budget) => strings('tagsAll', value, budget),
  tagsNone: (value, budget) => strings('tagsNone', value, budget),
  priceMax: (value) => checkPrice(value as PriceLimit),
  sla: (value) => {
    for (const level of Array.isArray(value) ? value : [value])
      if (!SLA_CLASSES.includes(level)) refuse(`sla ${String(level)} is unknown`);
  },
  notExpiredAt: (value) => finite('notExpiredAt', value),
  reputationMin: (value) => finite('reputationMin', value),
  and: (value, budget) => filters('and', value, budget),
  or: (value, budget) => filters('or', value, budget),
  not: (value, budget) => checkFilter(value as CardFilter, budget),
};

function checkFilter(filter: CardFilter, budget: Budget): void {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    refuse('a filter must be an object');
  if (--budget.left < 0) refuse(`a filter may have ${FILTER_NODES_MAX} parts`);
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(MEMBERS, name)) refuse(`filter member ${name} is unknown`);
    MEMBERS[name as keyof CardFilter](value, budget);
  }
}

function filters(name: string, value: unknown, budget: Budget): void {
  if (!Array.isArray(value)) refuse(`filter member ${name} must be a list`);
  for (const inner of value) checkFilter(inner, budget);
}

function strings(name: string, value: unknown, budget: Budget): void {
  if (!Array.isArray(value)) refuse(`filter member ${name} must be a list of texts`);
  budget.values -= value.length;
  if (budget.values < 0) refuse(`a filter may name ${FILTER_VALUES_MAX} values`);
  if (!value.every((one) => typeof one === 'string')) refuse(`filter member ${name} must be a list of texts`);
}

function stringOrStrings(name: string, value: unknown, budget: Budget): void {
  strings(name, typeof value === 'string' ? [value] : value, budget);
}

function finite(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(`filter member ${name} must be a number`);
}

function checkPrice(price: PriceLimit): void {
  if (typeof price !== 'object' || price === null || typeof price.currency !== 'string')
    refuse('priceMax needs a currency');
  const amount = typeof price.amount === 'bigint' ? price.amount.toString() : price.amount;
  if (typeof amount !== 'string' || !/^\d{1,78}$/.test(amount))
    refuse('priceMax.amount must be a whole number as text');
  if (price.unit !== undefined && !PRICE_UNITS.includes(price.unit))
    refuse(`price unit ${String(price.unit)} is unknown`);
}
