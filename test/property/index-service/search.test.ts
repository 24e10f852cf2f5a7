// Search against a naive model: exact answers are the true best, whatever the vectors, the filter and what has died.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { WALK_SLOTS_MAX } from '../../../index-service/limits.ts';
import { setBit, wordsFor } from '../../../index-service/search/bitset.ts';
import { VectorEngine } from '../../../index-service/search/engine.ts';
import { searchInstance } from '../../../index-service/search/kernel.ts';
import type { Method, Selection } from '../../../index-service/search/searcher.ts';
import { BUILD_THREAD } from '../../../index-service/search/vector-memory.ts';

// Thousandths: a vector is zero, or long enough that float32 can bring it to unit length.
const component = fc.integer({ min: -1_000, max: 1_000 }).map((value) => value / 1_000);

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  a.forEach((value, i) => {
    dot += value * b[i]!;
    aa += value * value;
    bb += b[i]! * b[i]!;
  });
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

function scenario() {
  return fc.integer({ min: 1, max: 200 }).chain((dims) => {
    const vector = fc
      .array(component, { minLength: dims, maxLength: dims })
      .map((values) => Float32Array.from(values));
    return fc.record({
      vectors: fc.array(vector, { minLength: 1, maxLength: 40 }),
      query: vector,
      dims: fc.constant(dims),
      k: fc.integer({ min: 1, max: 12 }),
      dead: fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
      chosen: fc.infiniteStream(fc.boolean()),
      kind: fc.constantFrom('list', 'bits', 'living' as const),
    });
  });
}

describe('exact search', () => {
  it('gives the k best living slots of the selection, by cosine', async () => {
    await fc.assert(
      fc.asyncProperty(scenario(), async ({ vectors, query, dims, k, dead, chosen, kind }) => {
        const engine = new VectorEngine({ dims, threads: false });
        for (const vector of vectors) engine.push(vector);
        const living = vectors.map((_, slot) => slot).filter(() => dead.next().value !== 0);
        vectors.forEach((_, slot) => {
          if (!living.includes(slot)) engine.kill(slot);
        });
        const allowed = kind === 'living' ? living : living.filter(() => chosen.next().value);
        const answer = await engine.search(query, k, selection(kind, allowed, vectors.length));
        const truth = allowed
          .map((slot) => cosine(vectors[slot]!, query))
          .sort((a, b) => b - a)
          .slice(0, k);
        assert.equal(answer.mode, 'exact');
        assert.equal(answer.slots.length, truth.length);
        answer.slots.forEach((slot, i) => {
          assert.ok(allowed.includes(slot));
          // Ties may come in either order, so scores are compared and not slots.
          assert.ok(
            Math.abs(answer.scores[i]! - truth[i]!) < 1e-5,
            `score ${answer.scores[i]} against ${truth[i]}`,
          );
        });
        await engine.close();
      }),
      { numRuns: 40 },
    );
  });
});

function selection(kind: string, allowed: readonly number[], slots: number): Selection {
  if (kind === 'list') return { kind: 'list', slots: Uint32Array.from(allowed) };
  if (kind === 'living') return { kind: 'living', count: allowed.length };
  const bits = new Uint32Array(wordsFor(slots));
  for (const slot of allowed) setBit(bits, slot);
  return { kind: 'bits', bits, count: allowed.length };
}

describe('approximate search', () => {
  const DIMS = 64;
  const COUNT = 3_000;
  let engine: VectorEngine;
  let queries: Float32Array[];

  before(() => {
    // Clustered, like real text: uniform noise has no neighbours to find.
    let state = 7;
    const unit = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 31 - 1;
    };
    const centres = Array.from({ length: 30 }, () => Float32Array.from({ length: DIMS }, unit));
    const draw = () => centres[Math.floor((unit() + 1) * 15)]!.map((value) => value + 0.4 * unit());
    engine = new VectorEngine({ dims: DIMS, threads: false });
    for (let i = 0; i < COUNT; i++) engine.push(draw());
    queries = Array.from({ length: 50 }, draw);
  });

  after(() => engine.close());

  const ALL: Selection = { kind: 'living', count: COUNT };

  /** Every n-th slot, as a bitmap. */
  function every(n: number): Selection {
    const bits = new Uint32Array(wordsFor(COUNT));
    let count = 0;
    for (let slot = 0; slot < COUNT; slot += n, count++) setBit(bits, slot);
    return { kind: 'bits', bits, count };
  }

  async function recall(method: Method, selection: Selection): Promise<number> {
    let found = 0;
    for (const query of queries) {
      const truth = await engine.search(query, 10, selection, { method: { mode: 'exact' }, microseconds: 0 });
      const answer = await engine.search(query, 10, selection, { method, microseconds: 0 });
      assert.equal(answer.slots.length, 10);
      for (const slot of answer.slots) if (truth.slots.includes(slot)) found++;
    }
    return found / (10 * queries.length);
  }

  it('by sign bits finds nearly all of the true best, of all and of few', async () => {
    const method = { mode: 'compressed', want: 300 } as const;
    assert.ok((await recall(method, ALL)) > 0.98);
    assert.ok((await recall(method, every(2))) > 0.98);
    assert.ok((await recall(method, every(7))) > 0.99);
  });

  it('by graph finds nearly all of the true best, and what the graph does not hold yet', async () => {
    const { vectors } = engine;
    const { memory, layout } = vectors;
    const built = COUNT - 100;
    const kernel = searchInstance(memory, layout, BUILD_THREAD);
    const { queryWords, heap, frontier, work } = layout.scratch[BUILD_THREAD]!;
    vectors.setEntries(1);
    for (let slot = 1; slot < built; slot++) {
      if (slot >= vectors.entered * 2) vectors.setEntries(slot);
      const { entries, entryBits } = layout;
      kernel.insert(
        slot,
        queryWords,
        entries,
        entryBits,
        vectors.entryCount,
        96,
        WALK_SLOTS_MAX,
        heap,
        frontier,
        work,
      );
    }
    vectors.setEntries(built);
    const method = { mode: 'graph', beam: 64, built } as const;
    assert.ok((await recall(method, ALL)) > 0.98);
    assert.ok((await recall(method, every(2))) > 0.98);
  });
});
