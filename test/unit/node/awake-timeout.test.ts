// A time limit counts only time in which the process ran: no peer is given up for a standstill of our own.

import assert from 'node:assert/strict';
import { awakeTimeout } from '../../../node/rpc/awake-timeout.ts';

/** The process stands still. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe('node/rpc: a time limit', () => {
  it('ends, and can be called off', async () => {
    await new Promise<void>((resolve) => awakeTimeout(5, resolve));
    await new Promise<void>((resolve) => awakeTimeout(1_050, resolve));
    let ended = false;
    const callOff = awakeTimeout(5, () => {
      ended = true;
    });
    callOff();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(ended, false);
  });

  it('counts no standstill, however long, and ends all the same', async () => {
    let ended = 0;
    const over = new Promise<void>((resolve) =>
      awakeTimeout(400, () => {
        ended += 1;
        resolve();
      }),
    );
    standStill(700);
    // All timers that are due run before this.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ended, 0, 'the process stood still, nobody else was slow');
    await over;
    assert.equal(ended, 1);
  });
});
