// What convicts a partner is never more than what an honest node gives: over random logs and questions, every entry that the pure rules say
// is owed stands in the answer of the real graph; and of a question to one log nothing that the graph gives escapes them.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LogStore } from '../../../node/log/index.ts';
import { ProvenanceGraph } from '../../../node/provenance/graph.ts';
import { LocalSource } from '../../../node/provenance/local-source.ts';
import { VIA_MAX } from '../../../protocol/partner/index.ts';
import { isOwed, owedByIndex, owedKeys, owedOf } from '../../../protocol/partner/owed.ts';
import {
  DIRECTIONS,
  keysOfFacts,
  keysOfQuery,
  type Posting,
  type ProvenanceQuery,
  provenanceQuery,
  RELATIONS,
  type StatementFacts,
  tagOf,
} from '../../../protocol/provenance/index.ts';
import { MemoryLog, sampleRecord } from '../../support/memory-log.ts';

const THINGS = 9;
/** No way among them is longer than VIA_MAX. */
const STATEMENTS_MAX = VIA_MAX;
const ISSUERS = ['zs:one', 'zs:two', 'key-three'];
const TYPES = ['type:a', 'type:b'];
const thing = fc.integer({ min: 0, max: THINGS - 1 }).map((n) => `sha256:${String(n).repeat(64)}`);
const selfOf = (n: number) => `sha256:${n.toString(16).padStart(64, 'e')}`;
/** A thing, or a statement that may come later, before or never. */
const named = fc.oneof(thing, fc.integer({ min: 0, max: STATEMENTS_MAX }).map(selfOf));
const said = fc.record({
  edges: fc.array(fc.record({ from: named, relation: fc.constantFrom(...RELATIONS), to: named }), {
    maxLength: 3,
  }),
  about: fc.array(named, { maxLength: 2 }),
  uses: fc.array(named, { maxLength: 2 }),
  issuer: fc.constantFrom(...ISSUERS),
  signers: fc.subarray(ISSUERS),
  predicateType: fc.constantFrom(...TYPES),
});
const statements = fc
  .array(said, { minLength: 1, maxLength: STATEMENTS_MAX })
  .map((all): StatementFacts[] =>
    all.map((facts, n) => ({ ...facts, self: selfOf(n), issuedAt: 1, about: [...facts.about, selfOf(n)] })),
  );
const queries = fc
  .record({
    start: fc.uniqueArray(named, { maxLength: 2 }),
    issuer: fc.option(fc.constantFrom(...ISSUERS), { freq: 2 }),
    predicateTypes: fc.subarray(TYPES),
    direction: fc.constantFrom(...DIRECTIONS),
    depth: fc.integer({ min: 0, max: 5 }),
  })
  .map((parts) => ({ ...parts, depth: parts.start.length === 0 ? 0 : parts.depth }))
  .filter(
    ({ issuer, predicateTypes, start }) => start.length > 0 || issuer !== null || predicateTypes.length > 0,
  )
  .map((parts) => provenanceQuery(parts));

async function answerOf(query: ProvenanceQuery, all: readonly StatementFacts[]): Promise<number[]> {
  const log = new MemoryLog(1);
  const graph = new ProvenanceGraph();
  all.forEach((facts, index) => {
    log.append({ record: sampleRecord(index), body: null });
    graph.add(facts, { origin: log.origin, index, knownAt: 1 });
  });
  const store = {
    state: () => log.head(),
    record: async (_: string, index: number) => log.stored[index]?.record,
    body: async () => undefined,
    reader: () => log.nodes,
  } as unknown as LogStore;
  const parts = { graph, store, origin: log.origin, isWhole: () => true };
  const source = new LocalSource({ ...parts, index: undefined as never });
  const found: number[] = [];
  for await (const row of source.query(query)) if (row.kind === 'statement') found.push(row.index);
  return found.sort((a, b) => a - b);
}

function listsOf(query: ProvenanceQuery, all: readonly StatementFacts[]): Map<string, Posting[]> {
  const lists = new Map<string, Posting[]>();
  all.forEach((facts, index) => {
    const tag = tagOf(facts.predicateType, facts.issuer);
    for (const key of keysOfFacts(facts))
      lists.set(key.toHex(), [...(lists.get(key.toHex()) ?? []), { index, tag }]);
  });
  assert.ok(keysOfQuery(query, query.start, []).length > 0);
  return lists;
}

const entriesOf = (all: readonly StatementFacts[]) => all.map((facts, index) => ({ index, facts }));
const indexes = (owed: readonly { index: number }[]) => owed.map(({ index }) => index).sort((a, b) => a - b);

describe('what an answer owes', () => {
  it('is what the graph gives, whatever was logged and asked', async () => {
    await fc.assert(
      fc.asyncProperty(statements, queries, async (all, query) => {
        const owed = owedOf(query, entriesOf(all));
        for (const { index, via } of owed)
          assert.ok(
            isOwed(
              query,
              all[index]!,
              via.map((at) => all[at]!),
            ),
          );
        assert.deepEqual(indexes(owed), await answerOf(query, all));
      }),
      { numRuns: 300 },
    );
  });

  it('of what a part of the log shows, and of what its index lists, is never more than that', async () => {
    await fc.assert(
      fc.asyncProperty(statements, queries, fc.array(fc.boolean()), async (all, query, seen) => {
        const given = new Set(await answerOf(query, all));
        const known = entriesOf(all).filter(({ index }) => seen[index] ?? true);
        for (const { index } of owedOf(query, known)) assert.ok(given.has(index));
        const lists = listsOf(query, all);
        for (const { index, via } of owedByIndex(query, known, lists)) {
          assert.ok(given.has(index));
          const keys = owedKeys(
            query,
            via.map((at) => all[at]!),
          );
          assert.ok(keys.some((key) => lists.get(key.toHex())?.some((posting) => posting.index === index)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
