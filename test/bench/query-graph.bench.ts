// What an artifact was made of, four steps deep, over 600,000 edges: the graph in memory against a recursive CTE of SQLite in memory, over
// the same edges, with the same answer (the names of all things met). Then the same with the proof that nothing was left out.

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { ProvenanceGraph, type Walk } from '../../node/provenance/graph.ts';
import {
  type Edge,
  IndexMap,
  keysOfFacts,
  type StatementFacts,
  tagOf,
  verifyMapProof,
} from '../../protocol/provenance/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import type { Bench } from './bench.ts';

const MATERIALS = 3;
const DEPTH = 4;
const STARTS = 256;
const TYPE = 'https://slsa.dev/provenance/v1';

const name = (n: number) => `sha256:${n.toString(16).padStart(64, '0')}`;

/** Each artifact is built from earlier ones, from a common base image more often than not. */
function statements(random: RandomStream, count: number): StatementFacts[] {
  return Array.from({ length: count }, (_, i) => {
    const made = i + MATERIALS;
    const materials = new Set<number>();
    while (materials.size < MATERIALS)
      materials.add(random.unit() < 0.1 ? random.below(Math.min(made, 100)) : random.below(made));
    const edges: Edge[] = [...materials].map((to) => ({
      from: name(made),
      relation: 'built-from',
      to: name(to),
    }));
    return {
      self: name(count + MATERIALS + i),
      issuer: `zs:${i % 50}`,
      signers: [],
      predicateType: TYPE,
      issuedAt: i,
      edges,
      about: [name(count + MATERIALS + i), name(made)],
      uses: [...materials].map(name),
    };
  });
}

function openPeer(all: readonly StatementFacts[]) {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
    CREATE TABLE edges (made INTEGER, source INTEGER, PRIMARY KEY (made, source)) WITHOUT ROWID;
    BEGIN`);
  const ids = new Map<string, number>();
  const addThing = db.prepare('INSERT INTO things VALUES (?, ?)');
  const addEdge = db.prepare('INSERT OR IGNORE INTO edges VALUES (?, ?)');
  const idOf = (thing: string) => {
    const known = ids.get(thing);
    if (known !== undefined) return known;
    ids.set(thing, ids.size + 1);
    addThing.run(ids.size, thing);
    return ids.size;
  };
  for (const { edges } of all) for (const { from, to } of edges) addEdge.run(idOf(from), idOf(to));
  db.exec('COMMIT; ANALYZE');
  const query = db.prepare(`WITH RECURSIVE met(id, depth) AS (
      SELECT id, 0 FROM things WHERE name = ?
      UNION SELECT edges.source, met.depth + 1 FROM met CROSS JOIN edges ON edges.made = met.id WHERE met.depth < ${DEPTH})
    SELECT DISTINCT things.name FROM met CROSS JOIN things ON things.id = met.id`);
  return { db, reach: (start: string) => query.all(start).map((row) => row.name as string) };
}

export const bench: Bench = {
  name: 'query-graph',
  summary:
    'reachability four deep over 600,000 edges, bare and with a proof of completeness, against SQLite in memory',
  bar: { sign: '>=', value: 4 },
  async run({ random, compare, report, note }) {
    const count = 200_000;
    const all = statements(random('edges'), count);
    const graph = new ProvenanceGraph();
    const map = new IndexMap();
    const tag = tagOf(TYPE, 'zs:1');
    const began = performance.now();
    for (const [index, facts] of all.entries()) graph.add(facts, { origin: 'log', index, knownAt: index });
    const built = performance.now();
    all.forEach((facts, index) => {
      for (const key of keysOfFacts(facts)) map.add(key, index, tag);
    });
    const root = map.root();
    const indexed = performance.now();
    note(
      `query-graph: graph built in ${Math.round(built - began)} ms, committed index in ${Math.round(indexed - built)} ms`,
    );
    const { db, reach } = openPeer(all);
    const stream = random('starts');
    const starts = Array.from({ length: STARTS }, () => name(count / 2 + stream.below(count / 2)));
    const walk = (start: string) =>
      graph.walk([graph.thing(start)], { direction: 'sources', depth: DEPTH, at: null, max: 100_000 });
    const names = (start: string) => Array.from(walk(start).things, (thing) => graph.nameOf(thing));
    // Things within four steps are named by the lists of those within three: these are what has to be proven.
    const keys = ({ things, depths }: Walk) =>
      Array.from(things.subarray(0, depths.lastIndexOf(DEPTH - 1) + 1), (thing) =>
        graph.keyOf(thing, 'about'),
      );
    for (const start of starts.slice(0, 20)) {
      assert.deepEqual(names(start).sort(), reach(start).sort());
      const asked = keys(walk(start));
      assert.equal(verifyMapProof(root, asked, map.prove(asked)).size, asked.length);
    }
    const sizes = {
      edges: graph.size.edges,
      depth: DEPTH,
      things: Math.round(starts.reduce((sum, start) => sum + names(start).length, 0) / STARTS),
    };
    let next = 0;
    const start = () => starts[next++ % STARTS]!;
    const peerName = 'SQLite recursive CTE (node:sqlite, in memory)';
    await compare({
      case: 'bare',
      sizes,
      operations: 1,
      peerName,
      ours: () => names(start()),
      peer: () => reach(start()),
    });
    await compare({
      case: 'with proof of completeness',
      bar: { sign: '>=', value: 1 },
      sizes,
      operations: 1,
      peerName: `${peerName}, without a proof`,
      ours: () => {
        const met = walk(start());
        return [Array.from(met.things, (thing) => graph.nameOf(thing)), map.prove(keys(met))];
      },
      peer: () => reach(start()),
    });
    const proofs = starts.map((each) => map.prove(keys(walk(each))).length).sort((a, b) => a - b);
    report({
      case: 'bytes of a proof, median, against one path a key',
      bar: { sign: '<=', value: 1 },
      sizes,
      ours: proofs[STARTS / 2]!,
      peer: Math.round((starts.reduce((sum, each) => sum + keys(walk(each)).length, 0) / STARTS) * 20 * 32),
      peerName: 'a Merkle path of 20 hashes for each key',
      unit: 'bytes',
      better: 'lower',
    });
    db.close();
  },
};
