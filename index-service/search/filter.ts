// Evaluates a filter before any search: to the list of slots that pass, or to "all". The most selective posting list gives
// the candidates, a predicate checks the rest; both come from one walk over the filter.

import { PRICE_UNITS, SLA_CLASSES } from '../../protocol/card/index.ts';
import type { CardFilter } from '../interface.ts';
import type { CardColumns } from './columns.ts';
import type { PostingList } from './posting-list.ts';

type Predicate = (slot: number) => boolean;

interface Clause {
  /** Slots outside these lists cannot pass; null when the clause has no posting list. */
  readonly candidates: readonly PostingList[] | null;
  /** Null when every candidate passes. */
  readonly passes: Predicate | null;
}

const NOTHING: Clause = { candidates: [], passes: null };

/** Living slots that pass, in rising order. */
export function matchingSlots(filter: CardFilter | undefined, columns: CardColumns): Uint32Array {
  const clauses = filter === undefined ? [] : clausesOf(filter, columns);
  const leader = leadingClause(clauses);
  const checks = clauses
    .filter((clause) => clause !== leader || !coversAlone(clause))
    .flatMap(({ passes }) => passes ?? []);
  const passes: Predicate = (slot) => columns.alive(slot) && checks.every((check) => check(slot));
  return leader === null ? filterAll(columns.slots, passes) : filterLists(leader.candidates!, passes);
}

/** A list of candidates decides a clause by itself: membership is the condition. */
function coversAlone(clause: Clause): boolean {
  return clause.candidates !== null;
}

function leadingClause(clauses: readonly Clause[]): Clause | null {
  let best: Clause | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const clause of clauses) {
    if (clause.candidates === null) continue;
    const count = clause.candidates.reduce((sum, list) => sum + list.length, 0);
    if (count < fewest) [best, fewest] = [clause, count];
  }
  return best;
}

function filterAll(slots: number, passes: Predicate): Uint32Array {
  const out = new Uint32Array(slots);
  let count = 0;
  for (let slot = 0; slot < slots; slot++) if (passes(slot)) out[count++] = slot;
  return out.subarray(0, count);
}

function filterLists(lists: readonly PostingList[], passes: Predicate): Uint32Array {
  const out = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let count = 0;
  for (const list of lists) for (const slot of list.view()) if (passes(slot)) out[count++] = slot;
  const found = out.subarray(0, count);
  return lists.length < 2 ? found : distinct(found.sort());
}

function distinct(sorted: Uint32Array): Uint32Array {
  let count = 0;
  for (const slot of sorted) if (count === 0 || sorted[count - 1] !== slot) sorted[count++] = slot;
  return sorted.subarray(0, count);
}

/** True or false for one slot: for `or`, `not` and nested filters. */
function predicateOf(filter: CardFilter, columns: CardColumns): Predicate {
  const checks = clausesOf(filter, columns).flatMap((clause) =>
    clause === NOTHING ? [() => false] : (clause.passes ?? []),
  );
  return (slot) => checks.every((check) => check(slot));
}

function clausesOf(filter: CardFilter, columns: CardColumns): Clause[] {
  const clauses: Clause[] = [];
  if (filter.region !== undefined)
    clauses.push(
      valueClause(listOf(filter.region), columns.regions, columns.regionPostings, (slot) =>
        columns.region(slot),
      ),
    );
  if (filter.owner !== undefined)
    clauses.push(
      valueClause(listOf(filter.owner), columns.operators, columns.operatorPostings, (slot) =>
        columns.operator(slot),
      ),
    );
  if (filter.tagsAny !== undefined) clauses.push(anyTag(filter.tagsAny, columns));
  for (const tag of filter.tagsAll ?? []) clauses.push(anyTag([tag], columns));
  if (filter.tagsNone !== undefined) clauses.push(noTag(filter.tagsNone, columns));
  if (filter.priceMax !== undefined) clauses.push(priceClause(filter.priceMax, columns));
  if (filter.sla !== undefined) clauses.push(slaClause(filter.sla, columns));
  if (filter.notExpiredAt !== undefined) clauses.push(...expiryClause(filter.notExpiredAt, columns));
  if (filter.reputationMin !== undefined) {
    const least = filter.reputationMin;
    clauses.push({ candidates: null, passes: (slot) => columns.reputation(slot) >= least });
  }
  for (const inner of filter.and ?? []) clauses.push(...clausesOf(inner, columns));
  if (filter.or !== undefined) {
    const any = filter.or.map((inner) => predicateOf(inner, columns));
    clauses.push({ candidates: null, passes: (slot) => any.some((passes) => passes(slot)) });
  }
  if (filter.not !== undefined) {
    const inner = predicateOf(filter.not, columns);
    clauses.push({ candidates: null, passes: (slot) => !inner(slot) });
  }
  return clauses;
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function valueClause(
  values: readonly string[],
  table: { find(text: string): number | undefined },
  postings: readonly PostingList[],
  column: (slot: number) => number,
): Clause {
  const ids = known(values, table);
  if (ids.length === 0) return NOTHING;
  return { candidates: ids.map((id) => postings[id]!), passes: (slot) => ids.includes(column(slot)) };
}

function anyTag(tags: readonly string[], columns: CardColumns): Clause {
  const ids = known(tags, columns.tags);
  if (ids.length === 0) return NOTHING;
  return {
    candidates: ids.map((id) => columns.tagPostings[id]!),
    passes: (slot) => ids.some((id) => columns.hasTag(slot, id)),
  };
}

function noTag(tags: readonly string[], columns: CardColumns): Clause {
  const ids = known(tags, columns.tags);
  return {
    candidates: null,
    passes: ids.length === 0 ? null : (slot) => !ids.some((id) => columns.hasTag(slot, id)),
  };
}

function known(values: readonly string[], table: { find(text: string): number | undefined }): number[] {
  return [...new Set(values)].flatMap((value) => table.find(value) ?? []);
}

function priceClause(limit: NonNullable<CardFilter['priceMax']>, columns: CardColumns): Clause {
  const unit = limit.unit ?? PRICE_UNITS[0]!;
  const amounts = columns.amounts.get(`${unit} ${limit.currency}`);
  const most = BigInt(limit.amount);
  return {
    candidates: null,
    passes: (slot) => {
      if (columns.free(slot)) return true;
      const amount = amounts?.get(slot);
      return amount !== undefined && amount <= most;
    },
  };
}

function slaClause(sla: NonNullable<CardFilter['sla']>, columns: CardColumns): Clause {
  if (typeof sla === 'string') {
    const least = SLA_CLASSES.indexOf(sla);
    return { candidates: null, passes: least === 0 ? null : (slot) => columns.sla(slot) >= least };
  }
  const levels = sla.map((level) => SLA_CLASSES.indexOf(level));
  return { candidates: null, passes: (slot) => levels.includes(columns.sla(slot)) };
}

/** Most of the time nothing has expired: then the clause costs nothing. */
function expiryClause(at: number, columns: CardColumns): Clause[] {
  return columns.expiresMin > at ? [] : [{ candidates: null, passes: (slot) => columns.expires(slot) > at }];
}
