// Walks the verified rows of an answer as the answerer has walked its graph, to find out under which keys of an index they must stand.

import type { VerifiedRow } from './answer.ts';
import { aboutKey, issuerKey, typeKey, useKey } from './key-hash.ts';
import { leadsToSource } from './statement-facts.ts';
import type { NodeId, ProvenanceQuery } from './types.ts';

type Ends = Map<NodeId, Set<NodeId>>;

function link(ends: Ends, from: NodeId, to: NodeId): void {
  const known = ends.get(from);
  if (known === undefined) ends.set(from, new Set([to]));
  else known.add(to);
}

/** The things that rows lead to, from the start of a query, within its depth. */
export function thingsOf(query: ProvenanceQuery, rows: readonly Pick<VerifiedRow, 'facts'>[]): NodeId[] {
  const ends: Ends = new Map();
  for (const { facts } of rows)
    for (const { from, relation, to } of facts?.edges ?? []) {
      const forward = leadsToSource(relation);
      if (forward === null) continue;
      const [made, source] = forward ? [from, to] : [to, from];
      if (query.direction !== 'uses') link(ends, made, source);
      if (query.direction !== 'sources') link(ends, source, made);
    }
  const met = new Set(query.start);
  let frontier: readonly NodeId[] = query.start;
  for (let depth = 0; depth < query.depth && frontier.length > 0; depth++) {
    const next: NodeId[] = [];
    for (const thing of frontier)
      for (const end of ends.get(thing) ?? []) {
        if (met.has(end)) continue;
        met.add(end);
        next.push(end);
      }
    frontier = next;
  }
  return [...met];
}

/** Keys of the index whose lists, together, are the answer to a query that meets these things and these statements. */
export function keysOfQuery(
  query: ProvenanceQuery,
  things: readonly NodeId[],
  selves: readonly NodeId[],
): Uint8Array[] {
  if (query.start.length > 0)
    return [
      ...things.flatMap((thing) => [
        ...(query.direction === 'uses' ? [] : [aboutKey(thing)]),
        ...(query.direction === 'sources' ? [] : [useKey(thing)]),
      ]),
      ...selves.map(aboutKey),
    ];
  return query.issuer === null ? query.predicateTypes.map(typeKey) : [issuerKey(query.issuer)];
}
