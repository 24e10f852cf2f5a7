// What a whole answer owes: the entries of the answerer's own log that belong to a question by what that log alone says. Entries of other
// logs prove nothing here: nobody can show that the answerer held them.

import {
  aboutKey,
  keysOfQuery,
  leadsToSource,
  type NodeId,
  type Posting,
  type ProvenanceQuery,
  type StatementFacts,
  thingsOf,
} from '../provenance/index.ts';
import { VIA_MAX } from './limits.ts';

/** An entry of a log and what it says. */
export interface FactsAt {
  readonly index: number;
  readonly facts: StatementFacts;
}

/** An entry that an answer owes, and those by which the question leads to it, in their order; none when it is about the start itself. */
export interface Owed {
  readonly index: number;
  readonly via: readonly number[];
}

/** True for a question whose answer follows from the log. What was known at a time only the answerer can say. */
export function isProvable({ at }: ProvenanceQuery): boolean {
  return at === null;
}

function fits({ issuer, predicateTypes }: ProvenanceQuery, facts: StatementFacts): boolean {
  const isOfType = predicateTypes.length === 0 || predicateTypes.includes(facts.predicateType);
  return isOfType && (issuer === null || issuer === facts.issuer || facts.signers.includes(issuer));
}

/** True when one of the things that a walk has met, or a statement of the answer itself, is what a statement is found by. */
function isFound(
  { direction }: ProvenanceQuery,
  { about, uses }: StatementFacts,
  things: ReadonlySet<NodeId>,
  selves: ReadonlySet<NodeId>,
): boolean {
  return (
    (direction !== 'uses' && about.some((thing) => things.has(thing))) ||
    (direction !== 'sources' && uses.some((thing) => things.has(thing))) ||
    about.some((thing) => selves.has(thing))
  );
}

/** What a question meets by way of some statements alone: things, and those of the statements that belong to its answer. */
export function metBy(
  query: ProvenanceQuery,
  via: readonly StatementFacts[],
): { readonly things: ReadonlySet<NodeId>; readonly selves: ReadonlySet<NodeId> } {
  const things = new Set(
    thingsOf(
      query,
      via.map((facts) => ({ facts })),
    ),
  );
  const selves = new Set<NodeId>();
  const matching = query.start.length === 0 ? [] : via.filter((facts) => fits(query, facts));
  for (let before = -1; before < selves.size; ) {
    before = selves.size;
    for (const facts of matching) if (isFound(query, facts, things, selves)) selves.add(facts.self);
  }
  return { things, selves };
}

/** True when a statement belongs to the answer by way of some others. */
export function isOwed(
  query: ProvenanceQuery,
  facts: StatementFacts,
  via: readonly StatementFacts[],
): boolean {
  if (!isProvable(query) || !fits(query, facts)) return false;
  if (query.start.length === 0) return true;
  const { things, selves } = metBy(query, via);
  return isFound(query, facts, things, selves);
}

/**
 * Keys of a committed index under which every entry listed belongs to the answer; none where the question has filters that the index knows
 * by the first bytes of their hashes only: somebody could make others that begin alike.
 */
export function owedKeys(query: ProvenanceQuery, via: readonly StatementFacts[]): Uint8Array[] {
  if (!isListable(query)) return [];
  const { things, selves } = metBy(query, via);
  return keysOfQuery(query, [...things], [...selves]);
}

function isListable(query: ProvenanceQuery): boolean {
  const { issuer, predicateTypes, start } = query;
  const filters = (issuer === null ? 0 : 1) + (predicateTypes.length === 0 ? 0 : 1);
  return isProvable(query) && filters <= (start.length > 0 ? 0 : 1);
}

/** A step of the walk: the thing, and the entries that lead there. */
type Ways = Map<NodeId, readonly number[]>;

function walk(query: ProvenanceQuery, entries: readonly FactsAt[]): Ways {
  const ends = new Map<NodeId, { readonly to: NodeId; readonly index: number }[]>();
  const link = (from: NodeId, to: NodeId, index: number) => {
    const known = ends.get(from);
    if (known === undefined) ends.set(from, [{ to, index }]);
    else known.push({ to, index });
  };
  for (const { facts, index } of entries)
    for (const { from, relation, to } of facts.edges) {
      const forward = leadsToSource(relation);
      if (forward === null) continue;
      const [made, source] = forward ? [from, to] : [to, from];
      if (query.direction !== 'uses') link(made, source, index);
      if (query.direction !== 'sources') link(source, made, index);
    }
  const ways: Ways = new Map(query.start.map((thing) => [thing, []]));
  let frontier: readonly NodeId[] = query.start;
  for (let depth = 0; depth < query.depth && frontier.length > 0; depth++) {
    const next: NodeId[] = [];
    for (const thing of frontier)
      for (const { index, to } of ends.get(thing) ?? []) {
        if (ways.has(to)) continue;
        ways.set(to, [...new Set([...(ways.get(thing) as readonly number[]), index])]);
        next.push(to);
      }
    frontier = next;
  }
  return ways;
}

/** Shortest of the ways to what a statement is found by. */
function wayTo(
  { direction }: ProvenanceQuery,
  { about, uses }: StatementFacts,
  ways: Ways,
  selves: Ways,
): readonly number[] | undefined {
  const found = [
    ...(direction === 'uses' ? [] : about.map((thing) => ways.get(thing))),
    ...(direction === 'sources' ? [] : uses.map((thing) => ways.get(thing))),
    ...about.map((thing) => selves.get(thing)),
  ].filter((way) => way !== undefined);
  return found.sort((a, b) => a.length - b.length)[0];
}

interface Met {
  readonly ways: Ways;
  readonly selves: Ways;
  readonly owed: readonly Owed[];
}

// Passes over the entries: as many as the longest chain of statements about statements, and no more than VIA_MAX and one.
function meet(query: ProvenanceQuery, entries: readonly FactsAt[]): Met {
  const matching = entries.filter(({ facts }) => fits(query, facts));
  const ways = walk(query, entries);
  const selves: Ways = new Map();
  const owed = new Map<number, Owed>();
  for (let before = -1; before < owed.size; ) {
    before = owed.size;
    for (const { facts, index } of matching) {
      if (owed.has(index)) continue;
      const via = wayTo(query, facts, ways, selves);
      if (via === undefined || via.length > VIA_MAX) continue;
      owed.set(index, { index, via });
      if (!selves.has(facts.self)) selves.set(facts.self, [...new Set([...via, index])]);
    }
  }
  return { ways, selves, owed: [...owed.values()] };
}

/**
 * Which of these entries of one log a whole answer to a question owes, each with a way there; those to which only a longer way than
 * VIA_MAX leads are left out.
 */
export function owedOf(query: ProvenanceQuery, entries: readonly FactsAt[]): Owed[] {
  if (!isProvable(query)) return [];
  if (query.start.length > 0) return [...meet(query, entries).owed];
  return entries.filter(({ facts }) => fits(query, facts)).map(({ index }) => ({ index, via: [] }));
}

/**
 * Which entries a whole answer owes because the log's own index lists them (`lists`, by the hexadecimal of the key) under what the question
 * meets by way of these entries. What each entry says need not be known.
 */
export function owedByIndex(
  query: ProvenanceQuery,
  entries: readonly FactsAt[],
  lists: ReadonlyMap<string, readonly Posting[]>,
): Owed[] {
  if (!isListable(query)) return [];
  const keys = new Map<string, readonly number[]>();
  const { selves, ways } = meet(query, query.start.length > 0 ? entries : []);
  for (const [thing, via] of ways)
    for (const key of keysOfQuery(query, [thing], [])) keys.set(key.toHex(), via);
  for (const [self, via] of selves) keys.set(aboutKey(self).toHex(), via);
  if (query.start.length === 0) for (const key of keysOfQuery(query, [], [])) keys.set(key.toHex(), []);
  const owed = new Map<number, Owed>();
  for (const [key, via] of keys) {
    if (via.length > VIA_MAX) continue;
    for (const { index } of lists.get(key) ?? [])
      if (via.length < (owed.get(index)?.via.length ?? VIA_MAX + 1)) owed.set(index, { index, via });
  }
  return [...owed.values()];
}
