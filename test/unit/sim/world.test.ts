// The clock that real code runs on in tier T1.

import assert from 'node:assert/strict';
import { VirtualTimer } from '../../../sim/real/timers.ts';
import { World } from '../../../sim/real/world.ts';

const work = { pending: 0 };
const makeWorld = () => new World(1, { setImmediate, work });

describe('the world of tier T1', () => {
  it('moves on only when what an event began has come to rest, the disk included', async () => {
    const world = makeWorld();
    const seen: string[] = [];
    world.after(10, () => {
      work.pending += 1;
      const answer = (turns: number): unknown =>
        setImmediate(() => {
          if (turns > 0) {
            answer(turns - 1);
            return;
          }
          work.pending -= 1;
          void Promise.resolve().then(() => seen.push(`the disk answered at ${world.elapsed}`));
        });
      answer(5);
    });
    world.after(20, () => seen.push(`20 at ${world.elapsed}`));
    await world.run(30_000);
    assert.deepEqual(seen, ['the disk answered at 10', '20 at 20']);
    assert.equal(world.elapsed, 30);
  });

  it('repeats intervals, lets timers be put off, and forgets those that are cleared', async () => {
    const world = makeWorld();
    const seen: number[] = [];
    const every = new VirtualTimer(world, () => seen.push(world.elapsed), 10, true);
    const put = new VirtualTimer(world, () => seen.push(-world.elapsed), 15, false);
    const cleared = new VirtualTimer(world, () => seen.push(Number.NaN), 5, false);
    cleared.close();
    world.after(12, () => put.refresh());
    world.after(35, () => every.close());
    await world.run(100_000);
    assert.deepEqual(seen, [10, 20, -27, 30]);
    assert.equal(put.hasRef(), false);
  });

  it('lets time pass until a promise is settled, and throws what it throws', async () => {
    const world = makeWorld();
    const late = new Promise<number>((resolve) => world.after(50, () => resolve(world.elapsed)));
    assert.equal(await world.through(late), 50);
    const failing = new Promise<never>((_, reject) => world.after(5, () => reject(new Error('no'))));
    await assert.rejects(world.through(failing), /no/);
    assert.equal(world.elapsed, 55);
  });
});
