// Work under way is shared among peers: one that asks, gives up and asks again does not have all others refused.

import assert from 'node:assert/strict';
import { Overload, UNDER_WAY_MAX, UNDER_WAY_PER_PEER_MAX } from '../../../node/admission/overload.ts';
import { createMetrics } from '../../../node/metrics/index.ts';

describe('work under way', () => {
  it('is of one peer up to its share, and what is urgent is taken in all the same', () => {
    const overload = new Overload({ metrics: createMetrics() });
    const taken = Array.from({ length: UNDER_WAY_MAX.timed }, () => overload.enter('timed', 'flood'));
    const leaving = taken.filter((leave) => leave !== undefined);
    assert.equal(leaving.length, UNDER_WAY_PER_PEER_MAX);
    assert.ok(overload.enter('timed', 'other') !== undefined);
    assert.ok(overload.enter('timed') !== undefined, 'a program of this node');
    assert.ok(overload.enter('urgent', 'flood') !== undefined);
    // Once however often it is said.
    for (const leave of leaving.slice(0, 2)) leave();
    leaving[0]?.();
    assert.equal(overload.enter('timed', 'flood') !== undefined, true);
    assert.equal(overload.enter('timed', 'flood'), undefined, 'the urgent one counts');
    for (const leave of leaving) leave();
    assert.equal(overload.load.underWay, 4);
  });
});
