// The gate of the served index: so many at work, in the order they came, and whoever waits too long is told.

import { strict as assert } from 'node:assert';
import { Gate } from '../../../index-service/server/gate.ts';
import { refused } from '../../support/agents.ts';

describe('a gate', () => {
  it('never lets in more than it should, however work ends', async () => {
    const gate = new Gate({ activeMax: 2, waitingMax: 100, waitMsMax: 10_000, onRefused: () => {} });
    const order: number[] = [];
    let atWork = 0;
    let most = 0;
    const work = (i: number) =>
      gate.run(async () => {
        order.push(i);
        most = Math.max(most, ++atWork);
        await new Promise(setImmediate);
        atWork--;
        if (i % 3 === 0) throw new Error('as it happens');
      });
    const first = Array.from({ length: 20 }, (_, i) => work(i).catch(() => {}));
    await Promise.race(first);
    // More come while those before leave.
    await Promise.all([...first, ...Array.from({ length: 20 }, (_, i) => work(20 + i).catch(() => {}))]);
    assert.equal(most, 2);
    assert.deepEqual(
      order,
      Array.from({ length: 40 }, (_, i) => i),
    );
    assert.deepEqual([gate.active, gate.waiting], [0, 0]);
  });

  it('lets nobody wait for ever, and gives the place of who gave up to nobody twice', async () => {
    let count = 0;
    const gate = new Gate({ activeMax: 1, waitingMax: 1, waitMsMax: 1, onRefused: () => count++ });
    let release = () => {};
    const busy = gate.run(() => new Promise<void>((resolve) => (release = resolve)));
    await assert.rejects(
      gate.run(async () => {}),
      refused('INDEX_OVERLOADED'),
    );
    assert.deepEqual([gate.active, gate.waiting, count], [1, 0, 1]);
    release();
    await busy;
    assert.equal(gate.active, 0);
    assert.equal(await gate.run(async () => 'in'), 'in');
  });
});
