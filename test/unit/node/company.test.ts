// Those who come to one point at about the same time go on together: nobody waits who is nearly alone, and nobody waits long.

import assert from 'node:assert/strict';
import { Company } from '../../../node/tasks/company.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

describe('node/tasks: company', () => {
  const arrange = () => {
    const clock = new HandClock();
    const on: number[] = [];
    const at = { underWay: 0 };
    const company = new Company(clock, () => at.underWay);
    const join = (who: number) => void company.joined().then(() => on.push(who));
    return { clock, on, at, join };
  };

  it('holds up nobody while few are under way', async () => {
    const { at, clock, join, on } = arrange();
    at.underWay = 3;
    join(1);
    await settled();
    assert.deepEqual([on, clock.waiting], [[1], 0]);
  });

  it('goes on when enough are there, and begins again', async () => {
    const { at, clock, join, on } = arrange();
    at.underWay = 20;
    for (let who = 1; who <= 7; who++) join(who);
    await settled();
    assert.deepEqual([on, clock.waiting], [[], 1]);
    join(8);
    join(9);
    await settled();
    assert.deepEqual([on, clock.waiting], [[1, 2, 3, 4, 5, 6, 7, 8], 1]);
  });

  it('goes on when nobody more can come', async () => {
    const { at, clock, join, on } = arrange();
    at.underWay = 5;
    for (let who = 1; who <= 4; who++) join(who);
    await settled();
    assert.deepEqual(on, []);
    join(5);
    await settled();
    assert.deepEqual([on, clock.waiting], [[1, 2, 3, 4, 5], 0]);
    // The others have ended some other way: who comes now is nearly alone.
    at.underWay = 2;
    join(6);
    await settled();
    assert.deepEqual(on.at(-1), 6);
  });

  it('waits for others a moment only, from the first that came', async () => {
    const { at, clock, join, on } = arrange();
    at.underWay = 20;
    join(1);
    await clock.pass(30);
    join(2);
    await clock.pass(19);
    assert.deepEqual(on, []);
    await clock.pass(1);
    assert.deepEqual([on, clock.waiting], [[1, 2], 0]);
  });
});
