// What a node tells of its own log, and when: at once what somebody may wait for, and of the rest a head after a pause that grows in a burst.

import assert from 'node:assert/strict';
import type { LogState } from '../../../node/log/index.ts';
import { HeadGossip, type HeadGossipDeps } from '../../../node/sync/head-gossip.ts';
import { fromUtf8 } from '../../../protocol/bytes/index.ts';
import { HandClock } from '../../support/hand-clock.ts';

/** Heads that travel alone, with the time and whether they went to every peer. */
function rig() {
  const told: string[] = [];
  const clock = new HandClock();
  const node = { isBusy: false, size: 0 };
  const state = (size: number) => ({ origin: 'o', size, checkpoint: `head ${size}` }) as LogState;
  const deps = {
    clock,
    isBusy: () => node.isBusy,
    gossip: {
      subscribe: () => {},
      publish: async (_topic: string, data: Uint8Array, isUrgent: boolean) => {
        told.push(`${fromUtf8(data)} at ${clock.now()}${isUrgent ? ', to all' : ''}`);
      },
    },
    ownLog: { state: () => state(node.size) },
    store: { reader: () => ({}), entries: () => [] },
  } as unknown as HeadGossipDeps;
  const gossip = new HeadGossip(deps);
  gossip.start();
  return {
    told,
    node,
    publish: (size: number, isUrgent = false) => {
      node.size = size;
      return gossip.publish(state(size), isUrgent);
    },
    shown: () => gossip.shown().size,
    pass: (ms: number) => clock.pass(ms),
    stop: () => gossip.stop(),
    waiting: () => clock.waiting,
  };
}

describe('heads of the own log', () => {
  it('that nobody waits for are told at once, and then the newest after a second', async () => {
    const { pass, publish, told } = rig();
    await publish(1);
    await publish(2);
    await publish(3);
    assert.deepEqual(told, ['head 1 at 0']);
    await pass(1_000);
    assert.deepEqual(told, ['head 1 at 0', 'head 3 at 1000']);
  });

  it('are told ever more rarely while more comes, within eight seconds, and at once again after a rest', async () => {
    const { pass, publish, told } = rig();
    for (let size = 1; size <= 60; size++) {
      await publish(size);
      await pass(500);
    }
    const times = [
      'head 1 at 0',
      'head 2 at 1000',
      'head 10 at 5000',
      'head 26 at 13000',
      'head 42 at 21000',
    ];
    assert.deepEqual(told, [...times, 'head 58 at 29000']);
    await pass(7_000);
    assert.deepEqual(told.slice(6), ['head 60 at 37000']);
    await pass(8_000);
    await publish(61);
    await publish(62);
    await pass(1_000);
    assert.deepEqual(told.slice(7), ['head 61 at 45000', 'head 62 at 46000']);
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

  it('that nobody waits for stay here while tasks wait at the node, within sixteen seconds, and are told when it is done', async () => {
    const { node, pass, publish, shown, told } = rig();
    node.isBusy = true;
    for (let size = 1; size <= 5; size++) {
      await publish(size);
      await pass(1_000);
    }
    assert.deepEqual(told, []);
    assert.equal(shown(), 0, 'nor does a round bring them');
    node.isBusy = false;
    await pass(1_000);
    assert.deepEqual(told, ['head 5 at 6000']);
    assert.equal(shown(), 5);
    await pass(20_000);
    node.isBusy = true;
    for (let size = 6; size <= 30; size++) {
      await publish(size);
      await pass(1_000);
    }
    assert.deepEqual(told.slice(1), ['head 21 at 42000'], 'it is told however long the node is busy');
  });

  it('that somebody may wait for are told to everybody at once also while tasks wait at the node', async () => {
    const { node, publish, told } = rig();
    node.isBusy = true;
    await publish(1);
    await publish(2, true);
    assert.deepEqual(told, ['head 2 at 0, to all']);
  });
});
