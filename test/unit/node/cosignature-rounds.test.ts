// When witnesses are asked for a log: soon after it came to rest, and now and then while it never does.

import assert from 'node:assert/strict';
import { Cosignatures } from '../../../node/log-service/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { HandClock } from '../../support/hand-clock.ts';

const STEP_MS = 100;
const REST_MS = 1_000;
const LONGEST_MS = 8_000;
const BUSY_MS = 16_000;

describe('rounds of cosignatures', () => {
  it('wait for a log to rest, and not for ever', async () => {
    const clock = new HandClock();
    let size = 1;
    let isBusy = false;
    const deps = {
      clock,
      policy: { kind: 'peers' },
      ownLog: { state: () => ({ size }) },
      isBusy: () => isBusy,
    };
    const cosignatures = new Cosignatures(deps as never);
    const rounds: number[] = [];
    cosignatures.collect = async () => {
      rounds.push(clock.now());
      return { reached: true } as never;
    };
    const pass = async (ms: number, grows: boolean) => {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        if (grows) {
          size += 1;
          cosignatures.grown();
        }
        await clock.pass(STEP_MS);
      }
    };
    cosignatures.start();
    await pass(60_000, true);
    const gaps = rounds.map((at, i) => at - (rounds[i - 1] ?? 0));
    assert.ok(
      gaps.length === 7 && gaps.every((gap) => gap >= LONGEST_MS && gap <= LONGEST_MS + STEP_MS),
      gaps.join(),
    );
    await pass(60_000, false);
    rounds.length = 0;
    const restedAt = clock.now();
    await pass(STEP_MS, true);
    await pass(60_000, false);
    assert.deepEqual(
      rounds.map((at) => at - restedAt),
      [REST_MS],
    );
    isBusy = true;
    rounds.length = 0;
    // It comes to rest again and again meanwhile.
    for (let i = 0; i < 20; i++) {
      await pass(STEP_MS, true);
      await pass(2_000 - STEP_MS, false);
    }
    const busy = rounds.map((at, i) => at - (rounds[i - 1] ?? clock.now() - 40_000));
    assert.ok(
      busy.length === 2 && busy.every((gap) => gap >= BUSY_MS && gap <= BUSY_MS + 2_000),
      `${busy.join()}: while tasks wait`,
    );
    rounds.length = 0;
    await pass(STEP_MS, true);
    const doneAt = clock.now();
    isBusy = false;
    await pass(20_000, false);
    assert.ok(rounds[0]! - doneAt <= REST_MS, 'and soon when none does');
    await cosignatures.stop();
  });

  it('that nobody asked for leave no size behind which the log could lag', async () => {
    const metrics = createMetrics();
    const text = async () => (await metrics.render()).match(/^zerostate_log_witnessed_size .*$/m)?.[0];
    for (const [kind, exported] of [
      ['peers', 'zerostate_log_witnessed_size 0'],
      ['none', undefined],
    ]) {
      const deps = { clock: new HandClock(), policy: { kind }, metrics };
      const cosignatures = new Cosignatures(deps as never);
      cosignatures.start();
      assert.equal(await text(), exported);
      await cosignatures.stop();
    }
  });
});
