// Work that nobody waits for, while a node is busy with tasks.

import assert from 'node:assert/strict';
import type { Clock } from '../../../node/clock/index.ts';
import { Rest } from '../../../node/tasks/rest.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

/** A rest, and how many of those that came have gone on. */
function rig(isBusy: () => boolean) {
  const clock = new HandClock();
  let shown = 0;
  const rest = new Rest(
    { now: () => clock.now() + shown, after: (ms, run) => clock.after(ms, run) } as Clock,
    isBusy,
  );
  /** Puts what the clock shows back; its timers go on. */
  const putBack = (ms: number) => {
    shown -= ms;
  };
  const gone: number[] = [];
  const come = (...names: readonly number[]) => {
    for (const name of names) void rest.comes().then(() => gone.push(name));
    return settled();
  };
  return { clock, come, gone, putBack, rest };
}

describe('work that nobody waits for', () => {
  it('goes on at once in a node that is not busy', async () => {
    const { clock, come, gone } = rig(() => false);
    await come(1, 2);
    assert.deepEqual(gone, [1, 2]);
    assert.equal(clock.waiting, 0);
  });

  it('waits until the node is busy no more, and then goes a few at a time, in order', async () => {
    let busy = true;
    const { clock, come, gone } = rig(() => busy);
    await come(...Array.from({ length: 40 }, (_, at) => at));
    await clock.pass(5_000);
    assert.deepEqual(gone, []);
    busy = false;
    // Who comes now stands behind those that wait.
    await come(40);
    assert.deepEqual(gone, []);
    await clock.pass(250);
    assert.equal(gone.length, 32);
    await clock.pass(20);
    assert.deepEqual(
      gone,
      Array.from({ length: 41 }, (_, at) => at),
    );
    assert.equal(clock.waiting, 0, 'nothing is looked at any more');
  });

  it('waits sixteen seconds at most, each its own', async () => {
    const { clock, come, gone } = rig(() => true);
    await come(...Array.from({ length: 40 }, (_, at) => at));
    for (let at = 0; at < 40; at++) await clock.pass(250);
    await come(40);
    for (let at = 0; at < 23; at++) await clock.pass(250);
    assert.deepEqual(gone, []);
    await clock.pass(250);
    await clock.pass(20);
    assert.equal(gone.length, 41, 'what came later goes along where there is room in a turn');
    await come(41);
    await clock.pass(15_900);
    assert.equal(gone.length, 41);
    await clock.pass(250);
    assert.equal(gone.length, 42);
  });

  it('is no more than 1,024: beyond that the oldest go on', async () => {
    const { come, gone } = rig(() => true);
    await come(...Array.from({ length: 1_024 }, (_, at) => at));
    assert.equal(gone.length, 0);
    await come(1_024);
    assert.deepEqual(
      gone,
      Array.from({ length: 32 }, (_, at) => at),
    );
  });

  it('does not wait for a clock that was put back', async () => {
    const { clock, come, gone, putBack } = rig(() => true);
    await come(1);
    putBack(3_600_000);
    await clock.pass(250);
    assert.deepEqual(gone, [1]);
  });

  it('goes on when all ends, and does not begin to wait again', async () => {
    const { clock, come, gone, rest } = rig(() => true);
    await come(1, 2);
    rest.end();
    await settled();
    assert.deepEqual(gone, [1, 2]);
    await come(3);
    assert.deepEqual(gone, [1, 2, 3]);
    assert.equal(clock.waiting, 0);
  });
});
