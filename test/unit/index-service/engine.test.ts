// The engine around the methods: what the planner chooses, threads, and the graph that is built behind the scan.

import { strict as assert } from 'node:assert';
import { VectorEngine } from '../../../index-service/search/engine.ts';
import { Planner, RECALL_MIN } from '../../../index-service/search/planner.ts';
import type { Selection } from '../../../index-service/search/searcher.ts';

const SLOTS = 1_000_000;

function plan(selection: Selection, changes: { k?: number; recall?: number; compressed?: number } = {}) {
  const { k = 10, recall = 1, compressed = 1 } = changes;
  return new Planner(384).plan({
    selection,
    slots: SLOTS,
    cards: SLOTS,
    k,
    graph: { built: SLOTS, beam: 48, recall },
    compressed: { want: 256, recall: compressed },
  }).method;
}

const bits = (count: number): Selection => ({ kind: 'bits', bits: new Uint32Array(0), count });

describe('planner', () => {
  it('scans few exactly, many by sign bits, and takes the graph for most', () => {
    assert.equal(plan({ kind: 'list', slots: new Uint32Array(300) }).mode, 'exact');
    assert.equal(plan(bits(50_000)).mode, 'compressed');
    assert.equal(plan(bits(900_000)).mode, 'graph');
    assert.equal(plan({ kind: 'living', count: SLOTS }).mode, 'graph');
  });

  it('does not use what was measured below the least recall, or not measured', () => {
    assert.equal(plan({ kind: 'living', count: SLOTS }, { recall: RECALL_MIN - 0.001 }).mode, 'compressed');
    assert.equal(plan(bits(50_000), { compressed: 0 }).mode, 'exact');
  });

  it('widens the search with the answers asked for', () => {
    const method = plan({ kind: 'living', count: SLOTS }, { k: 100 });
    assert.deepEqual(method, { mode: 'graph', beam: 480, built: SLOTS });
  });
});

describe('engine with threads', function () {
  this.timeout(60_000);
  const DIMS = 32;
  const COUNT = 17_000;
  let engine: VectorEngine;
  const vector = (i: number) =>
    Float32Array.from({ length: DIMS }, (_, d) => Math.sin(i * (0.11 + d * 0.013)) + Math.cos(i * 0.7 + d));

  before(async () => {
    engine = new VectorEngine({ dims: DIMS });
    for (let i = 0; i < COUNT; i++) engine.push(vector(i));
    await engine.settled();
  });
  after(() => engine.close());

  it('builds a graph behind the scan and measures it', () => {
    assert.equal(engine.graph.state, 'ready');
    assert.equal(engine.graph.slots, COUNT);
    assert.ok(engine.graph.recall > RECALL_MIN, `recall ${engine.graph.recall}`);
  });

  it('gives the same answer from this thread and from the search thread', async () => {
    const all: Selection = { kind: 'living', count: COUNT };
    for (const i of [3, 500, 16_999]) {
      const here = await engine.search(vector(i), 5, all, { method: { mode: 'exact' }, microseconds: 0 });
      const there = await engine.search(vector(i), 5, all, {
        method: { mode: 'exact' },
        microseconds: Number.POSITIVE_INFINITY,
      });
      assert.equal(here.slots[0], i);
      assert.deepEqual(there.slots, here.slots);
      assert.deepEqual(there.scores, here.scores);
    }
  });

  it('finds new vectors at once, and none that died', async () => {
    const fresh = Float32Array.from({ length: DIMS }, (_, d) => (d % 2 === 0 ? 1 : -1));
    const slot = engine.push(fresh);
    const all = (): Selection => ({ kind: 'living', count: engine.cards });
    assert.equal((await engine.search(fresh, 1, all())).slots[0], slot);
    engine.kill(slot);
    assert.notEqual((await engine.search(fresh, 1, all())).slots[0], slot);
  });

  it('stops for a snapshot and goes on after it', async () => {
    for (let i = 0; i < 2_500; i++) engine.push(vector(COUNT + i));
    await engine.pause();
    const { slots } = engine.graph;
    assert.ok(slots < engine.vectors.slots, 'the graph was built to its end');
    for (let i = 0; i < 1_500; i++) engine.push(vector(2 * COUNT + i));
    assert.equal(engine.graph.slots, slots);
    engine.resume();
    await engine.settled();
    assert.ok(engine.graph.slots > slots);
  });
});
