// Order, bounds and time of the simulator's queue, loop and clock.

import { deepEqual, equal, rejects, throws } from 'node:assert/strict';
import fc from 'fast-check';
import { EventQueue } from '../../../sim/event-queue.ts';
import { EPOCH_MS, EventLoop, VirtualTime } from '../../../sim/index.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('event queue', () => {
  it('gives events back by time, and equal times in the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: null, freq: 3 }), {
          maxLength: 200,
          size: 'max',
        }),
        // From within one bucket of the queue to far beyond its ring, in which it puts events differently.
        fc.constantFrom(1, 7, 40, 1_000_000, 3_000_000_000),
        (steps, unit) => {
          const queue = new EventQueue(10_000);
          const model: { time: number; order: number }[] = [];
          let order = 0;
          for (const step of steps) {
            if (step !== null) {
              const time = step * unit;
              queue.push(time, order % 7, order, -order);
              model.push({ time, order: order++ });
              continue;
            }
            model.sort((x, y) => x.time - y.time || x.order - y.order);
            const expected = model.shift();
            equal(queue.peekTime(), expected?.time ?? Number.POSITIVE_INFINITY);
            equal(queue.pop(), expected !== undefined);
            if (expected !== undefined) {
              const { time, kind, a, b } = queue;
              deepEqual(
                { time, kind, a, b },
                { time: expected.time, kind: expected.order % 7, a: expected.order, b: 0 - expected.order },
              );
            }
          }
          equal(queue.size, model.length);
        },
      ),
    );
  });

  it('grows to its bound and refuses one more', () => {
    const queue = new EventQueue(5_000);
    for (let i = 0; i < 5_000; i++) queue.push(5_000 - i, 0, i, 0);
    throws(() => queue.push(1, 0, 0, 0), { code: 'SIMULATION_OVERFLOW' });
    for (let i = 4_999; i >= 0; i--) {
      equal(queue.pop(), true);
      equal(queue.a, i);
    }
  });
});

describe('event loop', () => {
  it('moves time from event to event, and to the end of a bounded run', () => {
    const loop = new EventLoop();
    const seen: number[][] = [];
    const kind = loop.on((a, b) => {
      seen.push([loop.now, a, b]);
      if (a < 3) loop.schedule(10, kind, a + 1, b);
    });
    loop.schedule(5, kind, 1, 9);
    equal(loop.run({ until: 20 }), 'time');
    deepEqual(seen, [
      [5, 1, 9],
      [15, 2, 9],
    ]);
    equal(loop.now, 20);
    equal(loop.run(), 'drained');
    equal(loop.now, 25);
    equal(loop.handled, 3);
  });

  it('ends at a count of events, and at stop()', () => {
    const loop = new EventLoop();
    const again = loop.on((a) => {
      loop.schedule(1, again, a + 1);
      if (a === 7) loop.stop();
    });
    loop.schedule(0, again, 0);
    equal(loop.run({ eventsMax: 3 }), 'events');
    equal(loop.handled, 3);
    equal(loop.run(), 'stopped');
    equal(loop.handled, 8);
    equal(loop.run({ eventsMax: 2 }), 'events');
  });

  it('refuses what is out of its bounds, and lets nothing happen before now', () => {
    const loop = new EventLoop({ pendingMax: 1_024 });
    const times: number[] = [];
    const kind = loop.on(() => times.push(loop.now));
    for (const delay of [-5, Number.NaN, 0.4]) loop.schedule(delay, kind);
    loop.run();
    deepEqual(times, [0, 0, 0]);
    throws(
      () => {
        for (let i = 0; i < 1_025; i++) loop.schedule(1, kind);
      },
      { code: 'SIMULATION_OVERFLOW' },
    );
  });

  it('has one trace hash for one order of events, and another for another', () => {
    const trace = (delays: readonly number[]): string => {
      const loop = new EventLoop();
      const kind = loop.on(() => undefined);
      for (const [i, delay] of delays.entries()) loop.schedule(delay, kind, i);
      loop.run();
      return loop.traceHash();
    };
    const many = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 1_000);
    equal(trace(many), trace(many));
    const [first, second, ...rest] = many;
    equal(trace(many) === trace([second!, first!, ...rest]), false);
    equal(trace([1, 2]) === trace([1, 2, 2]), false);
  });
});

describe('virtual clock', () => {
  it('fires timers in order, cancels them, and drives asynchronous services', async () => {
    const loop = new EventLoop();
    const time = new VirtualTime(loop);
    const clock = time.clock();
    const ahead = time.clock(3_000);
    const seen: string[] = [];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    const service = async (name: string, ms: number): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await sleep(ms);
        await Promise.resolve();
        seen.push(`${name}${clock.now() - EPOCH_MS}`);
      }
    };
    const running = [service('a', 100), service('b', 150)];
    const cancel = clock.after(120, () => seen.push('cancelled'));
    clock.after(110, cancel);
    equal(await loop.runSettled(settle), 'drained');
    await Promise.all(running);
    deepEqual(seen, ['a100', 'b150', 'a200', 'b300', 'a300', 'b450']);
    equal(ahead.now() - clock.now(), 3_000);
    equal(time.waiting, 0);
  });

  it('stops an asynchronous run at its bounds', async () => {
    const loop = new EventLoop();
    const clock = new VirtualTime(loop).clock();
    const tick = (): void => {
      clock.after(10, tick);
    };
    tick();
    equal(await loop.runSettled(settle, { until: 95_000 }), 'time');
    equal(loop.handled, 9);
    equal(await loop.runSettled(settle, { eventsMax: 2 }), 'events');
    clock.after(0, () => {
      throw new Error('from a timer');
    });
    await rejects(loop.runSettled(settle), /from a timer/);
  });
});
