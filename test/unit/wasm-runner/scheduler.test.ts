// Which job starts next: quick before slow, the spare worker kept free, suspects one at a time.

import assert from 'node:assert/strict';
import { type Schedulable, Scheduler } from '../../../wasm-runner/pool/scheduler.ts';

const job = (module: string, lane = ''): Schedulable => ({ module, lane, slow: false, crashes: 0 });

describe('scheduler', () => {
  const running = new Set<Schedulable>();
  let scheduler: Scheduler<Schedulable>;
  const start = (): string | undefined => {
    const task = scheduler.next(running);
    if (task !== undefined) running.add(task);
    return task?.module;
  };
  const learn = (module: string, ms: number): void => scheduler.noteWork(job(module), ms);

  beforeEach(() => {
    running.clear();
    scheduler = new Scheduler(2);
    for (const [module, ms] of [
      ['quick', 1],
      ['middling', 100],
      ['heavy', 1_000],
    ] as const)
      learn(module, ms);
  });

  it('starts as many as there are workers', () => {
    for (let index = 0; index < 3; index++) scheduler.add(job('quick'));
    assert.deepEqual([start(), start(), start()], ['quick', 'quick', undefined]);
    assert.equal(scheduler.waiting, 1);
  });
  it('starts the one that is expected to take least, unknown ones after the quick', () => {
    for (const module of ['heavy', 'unknown', 'middling', 'quick']) scheduler.add(job(module));
    const order = [start(), start()];
    running.clear();
    order.push(start(), start());
    assert.deepEqual(order, ['quick', 'unknown', 'middling', 'heavy']);
  });
  it('serves the heaviest once as much lighter work was done, so that nothing waits forever', () => {
    scheduler.add(job('heavy'));
    let lighter = 0;
    for (; lighter < 5_000; lighter++) {
      scheduler.add(job('quick'));
      if (start() === 'heavy') break;
      learn('quick', 1);
      running.clear();
    }
    assert.ok(lighter > 800 && lighter < 1_200, String(lighter));
  });
  it('moves a job that is found to be heavier than it was when it came', () => {
    for (const module of ['unknown', 'middling', 'unknown']) scheduler.add(job(module));
    learn('unknown', 500);
    assert.deepEqual([start(), start()], ['middling', 'unknown']);
  });
  it('gives the spare only while a slow job runs, and never to a heavy one', () => {
    for (let index = 0; index < 3; index++) scheduler.add(job('heavy'));
    assert.deepEqual([start(), start(), start()], ['heavy', 'heavy', undefined]);
    scheduler.add(job('middling'));
    assert.deepEqual([start(), start()], ['middling', undefined]);
  });
  it('assumes the worst of a module whose job still runs, so that the spare goes to another', () => {
    for (const module of ['unknown', 'unknown', 'unknown', 'middling']) scheduler.add(job(module));
    start();
    start();
    for (const task of running) scheduler.noteSlow(task);
    assert.equal(start(), 'middling');
    assert.equal(start(), undefined);
  });
  it('learns while a job runs, and forgets what only seemed slow', () => {
    scheduler.add(job('unknown'));
    scheduler.add(job('unknown'));
    start();
    const [first] = running;
    scheduler.noteSlow(first!);
    scheduler.add(job('quick'));
    assert.equal(start(), 'quick', 'the other one is expected to be slow too');
    running.delete(first!);
    scheduler.noteWork(first!, 2);
    scheduler.add(job('heavy'));
    assert.equal(start(), 'unknown');
  });
  it('runs suspects one at a time, quick ones first, beside fresh jobs', () => {
    const suspects = [job('heavy'), job('quick'), job('unknown')];
    for (const task of suspects) task.crashes = 1;
    scheduler.suspect(suspects);
    scheduler.add(job('quick'));
    assert.equal(start(), 'quick');
    assert.equal([...running][0]!.crashes, 1);
    assert.equal(start(), 'quick');
    assert.equal([...running][1]!.crashes, 0);
    running.clear();
    assert.equal(start(), 'heavy');
    assert.equal(scheduler.waiting, 1);
  });
  it('is patient with jobs that are known to be quick', () => {
    assert.ok(scheduler.patience(job('quick')) > 10 * scheduler.patience(job('unknown')));
    assert.equal(scheduler.patience(job('heavy')), scheduler.patience(job('unknown')));
  });
  it('removes and drains what waits', () => {
    const [one, two] = [job('a'), job('b')];
    scheduler.add(one);
    scheduler.suspect([two]);
    scheduler.remove(two);
    assert.deepEqual(scheduler.drain(), [one]);
    assert.equal(scheduler.waiting, 0);
  });
});
