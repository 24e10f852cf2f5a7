// How busy a member is taken to be: the newest of what it announced and what it said, never less than what this node has there.

import assert from 'node:assert/strict';
import type { Clock } from '../../../node/clock/index.ts';
import { Loads } from '../../../node/tasks/loads.ts';

describe('node/tasks: load of members', () => {
  let now = 1_000_000;
  const announced = new Map<string, { tasks: { tasks: number; workers: number }; heardAtMs: number }>();
  const loads = new Loads({
    clock: { now: () => now } as Clock,
    directory: { get: (peer) => announced.get(peer) as never },
  });

  it('is what it announced, or said since; nothing old; and at least what this node has there', () => {
    assert.equal(loads.of('a', 0), 0);
    assert.equal(loads.of('a', 3), 1_500, 'two workers are assumed');
    announced.set('a', { tasks: { tasks: 8, workers: 4 }, heardAtMs: now });
    assert.equal(loads.of('a', 0), 2_000);
    assert.equal(loads.of('a', 12), 3_000);
    now += 5_000;
    loads.heard('a', { tasks: 2, workers: 4 });
    assert.equal(loads.of('a', 0), 500, 'the newer word counts');
    announced.set('a', { tasks: { tasks: 6, workers: 4 }, heardAtMs: now + 1 });
    now += 1;
    assert.equal(loads.of('a', 0), 1_500);
    now += 20_001;
    assert.equal(loads.of('a', 0), 0, 'an old word says nothing');
  });

  it('remembers a bounded number of members', () => {
    for (let n = 0; n < 5_000; n++) loads.heard(`m-${n}`, { tasks: 1, workers: 1 });
    assert.equal(loads.of('m-0', 0), 0);
    assert.equal(loads.of('m-4999', 0), 1_000);
  });
});
