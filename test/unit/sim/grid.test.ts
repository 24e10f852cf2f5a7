// The published result of Boyan and Littman: the grid is theirs, and the curves have their shape and cross where theirs do.
// The whole figure is `npm run bench -- sim-grid`.

import assert from 'node:assert/strict';
import { runGrid } from '../../../sim/grid/model.ts';
import type { GridPolicy } from '../../../sim/grid/paper.ts';
import { meanError, reproduce } from '../../../sim/grid/reproduction.ts';
import { hopCounts, irregularGrid } from '../../../sim/grid/topology.ts';

describe('the irregular grid', () => {
  it('has 36 nodes, 50 links, and a mean distance of 4.835', () => {
    const grid = irregularGrid();
    assert.equal(grid.length, 36);
    assert.equal(grid.reduce((sum, ends) => sum + ends.length, 0) / 2, 50);
    const hops = hopCounts(grid);
    const sum = hops.reduce((all, row) => all + row.reduce((part, count) => part + count, 0), 0);
    assert.equal((sum / (36 * 35)).toFixed(3), '4.835');
  });

  it('gives the same figures for the same seed', () => {
    const scenario = { policy: 'q-routing', load: 2, seed: 7, settle: 500, measure: 500 } as const;
    assert.deepEqual(runGrid(scenario), runGrid(scenario));
    assert.notDeepEqual(runGrid(scenario), runGrid({ ...scenario, seed: 8 }));
  });

  it('shortest path is within five per cent of the paper below the knee', () => {
    assert.ok(meanError(reproduce('shortest-path', { trials: 3, seed: 1, share: 0.4 })) < 0.05);
  });

  it('crosses as published: shortest path wins at low load, learning where shortest path breaks down', () => {
    const mean = (policy: GridPolicy, load: number) =>
      runGrid({ policy, load, seed: 3, settle: 6_000, measure: 2_000 }).mean;
    assert.ok(mean('shortest-path', 1) < mean('q-routing', 1));
    assert.ok(mean('full-echo', 1) < mean('q-routing', 1));
    assert.ok(mean('q-routing', 2.5) < mean('shortest-path', 2.5));
    assert.ok(mean('shortest-path', 2.5) > 20);
  });
});
