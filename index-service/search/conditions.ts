// Turns a filter into a tree of conditions over columns: each with its posting lists, if it has any, and a test for one
// slot. Decides nothing about how they are evaluated.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter } from '../interface.ts';
import type { CardColumns } from './columns.ts';
import type { PostingList } from './posting-list.ts';
import type { StringTable } from './string-table.ts';

type Test = (slot: number) => boolean;

export type Condition =
  /** Slots in any of these lists. `key` names the condition among all. */
  | {
      readonly kind: 'postings';
      readonly key: string;
      readonly lists: readonly PostingList[];
      readonly passes: Test;
    }
  /** `key` is null when the answer for a slot can change, or the condition is seldom the same twice. */
  | {
      readonly kind: 'test';
      readonly key: string | null;
      readonly passes: Test;
      /** Sets the bits of all slots from `from` on that pass, where a column can do that faster than slot by slot. */
      readonly mark?: (bits: Uint32Array, from: number) => void;
    }
  | { readonly kind: 'and' | 'or'; readonly inner: readonly Condition[] }
  | { readonly kind: 'not'; readonly inner: Condition };

/** Conditions that must all hold; none when the filter lets every card pass. */
export function conditionsOf(filter: CardFilter, columns: CardColumns): Condition[] {
  const out: Condition[] = [];
  if (filter.region !== undefined) {
    out.push(
      oneOf('region', listed(filter.region), columns.regions, columns.regionPostings, (slot) =>
        columns.region(slot),
      ),
    );
  }
  if (filter.owner !== undefined) {
    out.push(
      oneOf('owner', listed(filter.owner), columns.operators, columns.operatorPostings, (slot) =>
        columns.operator(slot),
      ),
    );
  }
  if (filter.tagsAny !== undefined) out.push(anyTag(filter.tagsAny, columns));
  for (const tag of filter.tagsAll ?? []) out.push(anyTag([tag], columns));
  if (filter.tagsNone !== undefined) out.push({ kind: 'not', inner: anyTag(filter.tagsNone, columns) });
  if (filter.priceMax !== undefined) out.push(atMost(filter.priceMax, columns));
  if (filter.sla !== undefined) out.push(serviceLevel(filter.sla, columns));
  if (filter.notExpiredAt !== undefined) out.push(...notExpired(filter.notExpiredAt, columns));
  if (filter.reputationMin !== undefined) {
    const least = filter.reputationMin;
    out.push({
      kind: 'test',
      key: null,
      passes: (slot) => columns.reputation(slot) >= least,
      mark: (bits, from) => columns.markReputed(least, bits, from),
    });
  }
  for (const inner of filter.and ?? []) out.push(...conditionsOf(inner, columns));
  if (filter.or !== undefined) out.push({ kind: 'or', inner: filter.or.map((inner) => all(inner, columns)) });
  if (filter.not !== undefined) out.push({ kind: 'not', inner: all(filter.not, columns) });
  return out;
}

function all(filter: CardFilter, columns: CardColumns): Condition {
  return { kind: 'and', inner: conditionsOf(filter, columns) };
}

function listed(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** Values that no card has cannot match; they must not grow the tables either. */
function knownIds(values: readonly string[], table: StringTable): number[] {
  return [...new Set(values.flatMap((value) => table.find(value) ?? []))].sort((a, b) => a - b);
}

function oneOf(
  name: string,
  values: readonly string[],
  table: StringTable,
  postings: readonly PostingList[],
  column: (slot: number) => number,
): Condition {
  const ids = knownIds(values, table);
  return {
    kind: 'postings',
    key: `${name} ${ids.join(' ')}`,
    lists: ids.map((id) => postings[id]!),
    passes: (slot) => ids.includes(column(slot)),
  };
}

function anyTag(tags: readonly string[], columns: CardColumns): Condition {
  const ids = knownIds(tags, columns.tags);
  return {
    kind: 'postings',
    key: `tag ${ids.join(' ')}`,
    lists: ids.map((id) => columns.tagPostings[id]!),
    passes: (slot) => ids.some((id) => columns.hasTag(slot, id)),
  };
}

function atMost(limit: NonNullable<CardFilter['priceMax']>, columns: CardColumns): Condition {
  const price = `${limit.unit ?? PRICE_UNITS[0]} ${limit.currency}`;
  const most = BigInt(limit.amount);
  return {
    kind: 'test',
    key: `price ${price} ${most}`,
    passes: (slot) => {
      if (columns.free(slot)) return true;
      const amount = columns.amounts.get(price)?.get(slot);
      return amount !== undefined && amount <= most;
    },
  };
}

function serviceLevel(sla: NonNullable<CardFilter['sla']>, columns: CardColumns): Condition {
  if (typeof sla === 'string') {
    const least = SLA_CLASSES.indexOf(sla);
    return { kind: 'test', key: `sla from ${least}`, passes: (slot) => columns.sla(slot) >= least };
  }
  const levels = [...new Set(sla.map((level) => SLA_CLASSES.indexOf(level)))].sort();
  return {
    kind: 'test',
    key: `sla ${levels.join(' ')}`,
    passes: (slot) => levels.includes(columns.sla(slot)),
  };
}

/** Most of the time no card has expired: then there is nothing to test. The time differs in every query: not kept. */
function notExpired(at: number, columns: CardColumns): Condition[] {
  if (columns.expiresMin > at) return [];
  return [
    {
      kind: 'test',
      key: null,
      passes: (slot) => columns.expires(slot) > at,
      mark: (bits, from) => columns.markExpiringAfter(at, bits, from),
    },
  ];
}
