// The models tier: the same from the same seed, near the cores tier where both can run, and within its wheel's bounds.

import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { coresTier } from '../../../sim/cores/tier.ts';
import { modelsTier } from '../../../sim/models/tier.ts';
import { TimeWheel } from '../../../sim/models/wheel.ts';
import { randomStream } from '../../../sim/random.ts';
import { parseScenario } from '../../../sim/scenario/index.ts';

const QUIET = `
seconds: 20
topology: { nodes: 300 }
protocol: { antiEntropySeconds: 0 }
workload: { statements: { writers: 10, perSecond: 4, forSeconds: 10 } }
`;

describe('the models tier', () => {
  it('gives the same result for the same seed', async () => {
    const scenario = parseScenario(QUIET);
    deepEqual(await modelsTier.run(scenario, 5), await modelsTier.run(scenario, 5));
  });

  it('spreads about as fast as the cores do', async () => {
    const scenario = parseScenario(QUIET);
    const [model, cores] = [await modelsTier.run(scenario, 1), await coresTier({}).run(scenario, 1)];
    for (const name of ['statements.arrival.p50Ms', 'statements.arrival.p95Ms']) {
      const share = model.metrics[name]! / cores.metrics[name]!;
      ok(share > 0.6 && share < 1.6, `${name}: ${share}`);
    }
  });

  it('reaches everybody through loss by announcements, but no silent crowd', async () => {
    const lossy = parseScenario(QUIET, 'text', ['network.loss.good=0.3']);
    equal((await modelsTier.run(lossy, 1)).metrics['statements.reached.mean'], 300);
    const silent = parseScenario(QUIET, 'text', ['adversaries=[{kind: free-rider, share: 0.3}]']);
    const { metrics } = await modelsTier.run(silent, 1);
    ok(metrics['statements.reached.mean']! > 180 && metrics['statements.reached.mean']! < 240);
  });

  it('refuses what it does not model', async () => {
    const forks = parseScenario('workload: { forks: {} }');
    await rejects(modelsTier.run(forks, 1), { code: 'SCENARIO_INVALID' });
  });
});

describe('TimeWheel', () => {
  it('gives events back in the order of time, then of arrival', () => {
    const stream = randomStream(3, 'wheel');
    const wheel = new TimeWheel(1_000);
    const wanted: [number, number][] = [];
    for (let n = 0; n < 5_000; n++) {
      const delay = stream.below(1_000);
      wheel.add(delay, n, n * 3, n & 255);
      wanted.push([delay, n]);
    }
    wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [time, n] of wanted) {
      ok(wheel.take());
      deepEqual([wheel.now, wheel.a, wheel.b, wheel.small], [time, n, n * 3, n & 255]);
    }
    equal(wheel.take(), false);
  });
});
