// Intervals and quantiles of the simulator, against numbers worked out elsewhere.

import { equal, ok } from 'node:assert/strict';
import { Durations, Waves } from '../../../sim/cores/spread.ts';
import { randomStream } from '../../../sim/random.ts';
import { difference, studentT, summarize } from '../../../sim/run/index.ts';

const near = (got: number, wanted: number, share: number) =>
  ok(Math.abs(got - wanted) <= share * Math.abs(wanted), `${got} is not near ${wanted}`);

describe('statistics over seeds', () => {
  it('gives the interval of Student for ten values', () => {
    // scipy.stats.t.interval(0.95, 9, loc=mean(x), scale=sem(x)) for 1..10
    const { high, low, mean } = summarize([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    equal(mean, 5.5);
    near(low, 3.3341, 1e-3);
    near(high, 7.6659, 1e-3);
    equal(studentT(1_000), 1.96);
  });

  it('covers the true mean about 95 times in 100', () => {
    const stream = randomStream(7, 'coverage');
    let covered = 0;
    for (let n = 0; n < 2_000; n++) {
      const { high, low } = summarize(Array.from({ length: 10 }, () => stream.normal(3, 2)));
      if (low <= 3 && 3 <= high) covered += 1;
    }
    near(covered / 2_000, 0.95, 0.02);
  });

  it('tells a difference from chance', () => {
    const a = summarize([1, 2, 3, 4]);
    ok(!difference(a, summarize([2, 3, 4, 3])).differs);
    ok(difference(a, summarize([101, 102, 103, 104])).differs);
  });

  it('finds quantiles within one bin, and when shares of the nodes were reached', () => {
    const durations = new Durations();
    for (let n = 1; n <= 100_000; n++) durations.add(n);
    near(durations.quantile(0.5), 50_000, 0.012);
    near(durations.quantile(0.99), 99_000, 0.012);
    const waves = new Waves(100);
    waves.start(1, 'one', 1_000);
    for (let node = 1; node <= 99; node++) waves.reach(1, 1_000 + node);
    equal(waves.slowest(2), 99);
    equal(waves.slowest(3), Number.POSITIVE_INFINITY);
    equal(waves.coverage(), 0.99);
  });
});
