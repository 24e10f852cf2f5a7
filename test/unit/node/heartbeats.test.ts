// Heartbeats: what is said of a link is what it takes, and not what held up a process.

import assert from 'node:assert/strict';
import { Heartbeats } from '../../../node/network/heartbeats.ts';

describe('heartbeats', () => {
  it('say the shortest of the last three, and nothing of a peer that has gone', () => {
    const beats = new Heartbeats();
    assert.equal(beats.of('a'), undefined);
    for (const ms of [480, 12.4, 90]) beats.note('a', ms);
    assert.equal(beats.of('a'), 12);
    // The link has become slow: known after three.
    for (const ms of [250, 260]) beats.note('a', ms);
    assert.equal(beats.of('a'), 90);
    beats.note('a', 255);
    assert.equal(beats.of('a'), 250);
    beats.note('b', 5);
    beats.retain(new Set(['b']));
    assert.deepEqual([beats.of('a'), beats.of('b')], [undefined, 5]);
  });
});
