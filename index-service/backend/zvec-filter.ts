// A card filter in the words of zvec. Pure. Texts never get into a condition: the adapter gives each a number. zvec has no "not",
// so a negation is carried down to the comparisons.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter, PriceLimit } from '../interface.ts';

/** What the adapter knows of texts and prices. */
export interface ZvecNames {
  /** The number of a text, or undefined when no card has it. */
  text(value: string): number | undefined;
  /** The column of a unit and currency, or undefined when no card has such a price. */
  price(key: string): string | undefined;
}

/** Column names, and how a price is keyed. */
export const priceKey = (unit: string, currency: string): string => `${unit} ${currency}`;

const ALL = 'region >= 0';
const NONE = 'region < 0';
/** Beyond every date, and free of exponents when written out. */
const TIME_MAX = 9e15;

/** Conditions that must all hold, or with `wanted` false: of which one must not. */
export function zvecFilter(filter: CardFilter, names: ZvecNames, wanted = true): string {
  const parts: string[] = [];
  const oneOf = (column: string, value: string | readonly string[]) =>
    parts.push(within(column, numbers([value].flat(), names), wanted));
  if (filter.region !== undefined) oneOf('region', filter.region);
  if (filter.owner !== undefined) oneOf('operator', filter.owner);
  if (filter.tagsAny !== undefined) parts.push(tags(filter.tagsAny, names, wanted));
  for (const tag of filter.tagsAll ?? []) parts.push(tags([tag], names, wanted));
  if (filter.tagsNone !== undefined) parts.push(tags(filter.tagsNone, names, !wanted));
  if (filter.priceMax !== undefined) parts.push(price(filter.priceMax, names, wanted));
  if (typeof filter.sla === 'string')
    parts.push(`sla ${wanted ? '>=' : '<'} ${SLA_CLASSES.indexOf(filter.sla)}`);
  else if (filter.sla !== undefined) {
    const levels = filter.sla.map((level) => SLA_CLASSES.indexOf(level));
    parts.push(within('sla', levels, wanted));
  }
  if (filter.notExpiredAt !== undefined)
    parts.push(`expires ${wanted ? '>' : '<='} ${decimal(filter.notExpiredAt, TIME_MAX)}`);
  if (filter.reputationMin !== undefined)
    parts.push(`reputation ${wanted ? '>=' : '<'} ${decimal(filter.reputationMin, 2)}`);
  for (const inner of filter.and ?? []) parts.push(zvecFilter(inner, names, wanted));
  if (filter.or !== undefined)
    parts.push(
      joined(
        filter.or.map((inner) => zvecFilter(inner, names, wanted)),
        !wanted,
      ),
    );
  if (filter.not !== undefined) parts.push(zvecFilter(filter.not, names, !wanted));
  return joined(parts, wanted);
}

/** All of the parts, or one of them. Nothing to hold is true of all, and of none when one is looked for. */
function joined(parts: readonly string[], all: boolean): string {
  if (parts.length === 0) return all ? ALL : NONE;
  return parts.length === 1 ? parts[0]! : `(${parts.join(all ? ' and ' : ' or ')})`;
}

function numbers(values: readonly string[], names: ZvecNames): number[] {
  return values.flatMap((value) => names.text(value) ?? []);
}

function within(column: string, values: readonly number[], wanted: boolean): string {
  if (values.length === 0) return wanted ? NONE : ALL;
  if (wanted) return `${column} in (${values.join(', ')})`;
  return `(${values.map((value) => `${column} != ${value}`).join(' and ')})`;
}

function tags(values: readonly string[], names: ZvecNames, wanted: boolean): string {
  const known = numbers(values, names);
  if (known.length === 0) return wanted ? NONE : ALL;
  return `tags ${wanted ? '' : 'not '}contain_any (${known.join(', ')})`;
}

function price({ amount, currency, unit }: PriceLimit, names: ZvecNames, wanted: boolean): string {
  const column = names.price(priceKey(unit ?? PRICE_UNITS[0]!, currency));
  // A limit above what numbers hold exactly is lowered: rather a card too few than one too dear.
  const most = BigInt(amount) > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(amount);
  if (wanted) return column === undefined ? 'free = true' : `(free = true or ${column} <= ${most})`;
  return column === undefined
    ? 'free = false'
    : `(free = false and (${column} is null or ${column} > ${most}))`;
}

/** Without an exponent. */
function decimal(value: number, most: number): string {
  const bounded = Math.min(most, Math.max(-most, value));
  return Number.isInteger(bounded) ? String(bounded) : bounded.toFixed(9);
}
