// How much is under way, by name.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Tally } from '../../../protocol/bounded/index.ts';

describe('a tally', () => {
  it('counts by name and in all, as a list of what was added and taken away does', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', '__proto__'),
      by: fc.integer({ min: -5, max: 9 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const tally = new Tally();
        const counted = new Map<string, number>();
        for (const { by, name } of steps) {
          tally.add(name, by);
          counted.set(name, Math.max(0, (counted.get(name) ?? 0) + by));
        }
        for (const name of ['a', 'b', '__proto__', 'never'])
          assert.equal(tally.of(name), counted.get(name) ?? 0);
        assert.equal(
          tally.total,
          [...counted.values()].reduce((sum, one) => sum + one, 0),
        );
      }),
    );
  });

  it('is never less than nothing', () => {
    const tally = new Tally();
    tally.add('a', 2);
    tally.add('b', -3);
    tally.add('a', -5);
    tally.add('a', 1);
    assert.deepEqual([tally.of('a'), tally.of('b'), tally.total], [1, 0, 1]);
  });
});
