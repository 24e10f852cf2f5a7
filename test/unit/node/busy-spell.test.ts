// When tasks keep a node busy: while there are many, and a little longer.

import assert from 'node:assert/strict';
import { BusySpell } from '../../../node/tasks/busy-spell.ts';
import { HandClock } from '../../support/hand-clock.ts';

describe('a spell of many tasks', () => {
  it('lasts while there are four, and two seconds more', async () => {
    const clock = new HandClock();
    let [tasks, counted] = [3, 0];
    const spell = new BusySpell(
      clock,
      () => {
        counted += 1;
        return tasks;
      },
      () => 0,
    );
    assert.equal(spell.isBusy, false);
    tasks = 4;
    await clock.pass(100);
    assert.equal(spell.isBusy, true);
    tasks = 0;
    await clock.pass(1_999);
    assert.equal(spell.isBusy, true, 'a moment between two bursts');
    await clock.pass(1);
    assert.equal(spell.isBusy, false);
    const before = counted;
    for (let i = 0; i < 100; i++) assert.equal(spell.isBusy, false);
    assert.ok(counted - before <= 1, 'they are not counted at every question');
    clock.stand(-5_000);
    tasks = 4;
    assert.equal(spell.isBusy, true, 'by a clock that was put back');
  });

  it('is one of short tasks too, which end before anybody looks', async () => {
    const clock = new HandClock();
    let begun = 100;
    const spell = new BusySpell(
      clock,
      () => 0,
      () => begun,
    );
    const look = async (ms: number, more: number) => {
      begun += more;
      await clock.pass(ms);
      return spell.isBusy;
    };
    assert.deepEqual([await look(0, 0), await look(500, 3)], [false, false]);
    assert.deepEqual([await look(500, 1), await look(1_900, 0), await look(200, 0)], [true, true, false]);
    for (let i = 0; i < 20; i++) assert.equal(await look(1_000, 1), false, 'one a second');
  });
});
