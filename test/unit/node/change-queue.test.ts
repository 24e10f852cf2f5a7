// Changes of a channel: pay for tasks waits for company, promises do not wait, and nothing is left behind.

import assert from 'node:assert/strict';
import { ChangeQueue } from '../../../node/payments/change-queue.ts';
import { PAY_WAIT_MS, PAYS_ENOUGH } from '../../../node/payments/limits.ts';
import type { Change, ChannelEvent, ChannelState } from '../../../protocol/channel/index.ts';
import { HandClock } from '../../support/hand-clock.ts';

const CHANNEL = 'channel';
const turns = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const pay = (task: string | null): Change => ({ pays: [{ task, amount: 1n, reference: 'receipt' }] });
const offer = (task: string): Change => ({ offers: [{ task, amount: 1n, condition: null }] });

/** A queue whose updates are noted: the tasks that each pays and promises. */
function queueOf() {
  const clock = new HandClock();
  const updates: { pays: (string | null)[]; offers: string[] }[] = [];
  const step = async (_channel: string, _side: string, event: ChannelEvent) => {
    assert.equal(event.type, 'change');
    const { offers = [], pays = [] } = (event as { change: Change }).change;
    updates.push({ pays: pays.map(({ task }) => task), offers: offers.map(({ task }) => task) });
    return { state: {} as ChannelState, messages: [], verdict: { verdict: 'accept' } as const };
  };
  const queue = new ChangeQueue({ sides: { step }, flush: async () => {}, clock });
  return { clock, queue, updates };
}

describe('changes of a channel', () => {
  it('pay for a task waits a little, and goes with what came meanwhile', async () => {
    const { clock, queue, updates } = queueOf();
    const paid = [queue.add(CHANNEL, pay('a'))];
    await turns();
    paid.push(queue.add(CHANNEL, pay('b')));
    await turns();
    assert.deepEqual(updates, []);
    await clock.pass(PAY_WAIT_MS);
    await Promise.all(paid);
    assert.deepEqual(updates, [{ pays: ['a', 'b'], offers: [] }]);
  });

  it('a promise waits for nobody, and takes the pay along that does', async () => {
    const { queue, updates } = queueOf();
    const paid = queue.add(CHANNEL, pay('a'));
    await turns();
    await queue.add(CHANNEL, offer('b'));
    await paid;
    assert.deepEqual(updates, [{ pays: ['a'], offers: ['b'] }]);
    await queue.add(CHANNEL, pay(null));
    assert.equal(updates.length, 2, 'nor does pay that no task stands behind');
  });

  it('much pay does not wait, and none is left behind at the end of a channel', async () => {
    const { queue, updates } = queueOf();
    await Promise.all(Array.from({ length: PAYS_ENOUGH }, (_, n) => queue.add(CHANNEL, pay(`task ${n}`))));
    assert.equal(updates.length, 1);
    const paid = queue.add(CHANNEL, pay('last'));
    await turns();
    assert.equal(updates.length, 1);
    await queue.settled(CHANNEL);
    await paid;
    assert.deepEqual(updates[1], { pays: ['last'], offers: [] });
    await queue.settled(CHANNEL);
  });
});
