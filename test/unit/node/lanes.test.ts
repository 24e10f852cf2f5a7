// Runs at one member: so many at once, in the order in which they came, and begun together when half of the places are free.

import assert from 'node:assert/strict';
import { Lanes } from '../../../node/tasks/lanes.ts';

const NEVER = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when it is told to. */
function workOf(lanes: Lanes) {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const run = (n: number, signal: AbortSignal = NEVER) =>
    lanes.run('member', signal, async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.set(n, resolve));
      return n;
    });
  return { begun, run, end: (n: number) => ends.get(n)?.() };
}

describe('the lanes to members', () => {
  it('give half of the places away together, in order', async () => {
    const lanes = new Lanes(4);
    const { begun, end, run } = workOf(lanes);
    const all = Array.from({ length: 9 }, (_, n) => run(n));
    await turn();
    assert.deepEqual(begun, [0, 1, 2, 3]);
    end(1);
    await turn();
    assert.deepEqual(begun, [0, 1, 2, 3], 'one free place waits for company');
    end(0);
    await turn();
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5]);
    assert.equal(lanes.load('member'), 7);
    for (const n of [2, 3, 4]) end(n);
    await turn();
    assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7]);
    for (const n of [5, 6, 7]) end(n);
    await turn();
    end(8);
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(lanes.load('member'), 0);
  });

  it('are left by whoever gives up, and free their place when work fails', async () => {
    const lanes = new Lanes(1);
    const { begun, end, run } = workOf(lanes);
    const first = run(0);
    const leaver = new AbortController();
    const left = run(1, leaver.signal);
    const last = run(2);
    leaver.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    end(0);
    await first;
    await turn();
    assert.deepEqual(begun, [0, 2]);
    end(2);
    await last;
    const failing = lanes.run('member', NEVER, () => Promise.reject(new Error('failed')));
    await assert.rejects(failing, /failed/);
    assert.equal(lanes.load('member'), 0);
  });

  it('count those that will come until they have', async () => {
    const lanes = new Lanes(1);
    const [one, other] = [lanes.expect('member'), lanes.expect('member')];
    assert.equal(lanes.load('member'), 2);
    const { end, run } = workOf(lanes);
    const running = run(0);
    one();
    assert.equal(lanes.load('member'), 2);
    other();
    assert.equal(lanes.load('member'), 1);
    end(0);
    await running;
    assert.equal(lanes.load('member'), 0);
  });
});
