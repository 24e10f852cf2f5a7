// What a node tells of its own log, and when: at once what somebody may wait for, and of the rest at most one head a second.

import assert from 'node:assert/strict';
import type { LogState } from '../../../node/log/index.ts';
import { HeadGossip, type HeadGossipDeps } from '../../../node/sync/head-gossip.ts';
import { fromUtf8 } from '../../../protocol/bytes/index.ts';
import { HandClock } from '../../support/hand-clock.ts';

/** Heads that travel alone, with the time and whether they went to every peer. */
function rig() {
  const told: string[] = [];
  const clock = new HandClock();
  const deps = {
    clock,
    gossip: {
      subscribe: () => {},
      publish: async (_topic: string, data: Uint8Array, isUrgent: boolean) => {
        told.push(`${fromUtf8(data)} at ${clock.now()}${isUrgent ? ', to all' : ''}`);
      },
    },
    ownLog: { state: () => ({ size: 0 }) },
    store: { reader: () => ({}), entries: () => [] },
  } as unknown as HeadGossipDeps;
  const gossip = new HeadGossip(deps);
  gossip.start();
  const state = (size: number) => ({ origin: 'o', size, checkpoint: `head ${size}` }) as LogState;
  return {
    told,
    publish: (size: number, isUrgent = false) => gossip.publish(state(size), isUrgent),
    pass: (ms: number) => clock.pass(ms),
    stop: () => gossip.stop(),
    waiting: () => clock.waiting,
  };
}

describe('heads of the own log', () => {
  it('that nobody waits for are told at once, and then one a second, the newest', async () => {
    const { pass, publish, told } = rig();
    await publish(1);
    await publish(2);
    await publish(3);
    assert.deepEqual(told, ['head 1 at 0']);
    await pass(1_000);
    assert.deepEqual(told, ['head 1 at 0', 'head 3 at 1000']);
    await publish(4);
    await pass(1_000);
    await pass(1_000);
    await publish(5);
    assert.deepEqual(told.slice(2), ['head 4 at 2000', 'head 5 at 3000']);
  });

  it('that somebody may wait for are told to everybody at once, with what was held back', async () => {
    const { pass, publish, told, stop, waiting } = rig();
    await publish(1);
    await publish(2);
    await publish(3, true);
    await publish(4, true);
    assert.deepEqual(told, ['head 1 at 0', 'head 3 at 0, to all', 'head 4 at 0, to all']);
    await pass(1_000);
    assert.equal(told.length, 3);
    await publish(5);
    await publish(6);
    await stop();
    assert.equal(waiting(), 0);
    assert.deepEqual(told.slice(3), ['head 5 at 1000', 'head 6 at 1000'], 'who stops says what it held back');
  });
});
