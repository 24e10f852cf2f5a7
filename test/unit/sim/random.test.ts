// Random streams: the same for the same labels, others for others, and fair enough to simulate with.

import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { randomStream } from '../../../sim/index.ts';

const first = (seed: number, ...labels: (string | number)[]): string =>
  randomStream(seed, ...labels)
    .bytes(16)
    .toHex();

/** Recorded when the streams were made. */
const GOLDEN = [
  '976aeeb349f4462d17b0eda0eaf89114',
  'ba86748df69d021bf83a8429194753ff',
  '6257142ff2fd97f0d8e4fcdc1048ddb1',
];

describe('random streams', () => {
  it('never change: simulations of yesterday must come out the same', () => {
    deepEqual([first(1), first(1, 'links', 7), first(2 ** 40, 'x')], GOLDEN);
  });

  it('differ when the seed, the purpose or the node differs', () => {
    const all = [
      first(1, 'a', 1),
      first(2, 'a', 1),
      first(1, 'b', 1),
      first(1, 'a', 2),
      first(1, 'a'),
      first(1 + 2 ** 32, 'a', 1),
    ];
    equal(new Set(all).size, all.length);
    equal(new Set(Array.from({ length: 20_000 }, (_, node) => first(1, 'links', node))).size, 20_000);
  });

  it('stay in their ranges', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const stream = randomStream(seed);
        const below = stream.below(bound);
        const unit = stream.unit();
        ok(Number.isInteger(below) && below >= 0 && below < bound);
        ok(unit >= 0 && unit < 1);
        ok(stream.exponential(3) >= 0);
      }),
    );
  });

  it('have the means and spreads that they should have', () => {
    const count = 200_000;
    const stats = (draw: () => number): { mean: number; deviation: number } => {
      const values = Array.from({ length: count }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return {
        mean,
        deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count),
      };
    };
    const near = (actual: number, expected: number): void =>
      ok(Math.abs(actual / expected - 1) < 0.02, `${actual} for ${expected}`);
    const stream = randomStream(5, 'moments');
    const unit = stats(() => stream.unit());
    near(unit.mean, 0.5);
    near(unit.deviation, Math.sqrt(1 / 12));
    const exponential = stats(() => stream.exponential(4));
    near(exponential.mean, 4);
    near(exponential.deviation, 4);
    const normal = stats(() => stream.normal(10, 2));
    near(normal.mean, 10);
    near(normal.deviation, 2);
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < count; i++) counts[stream.below(6)]! += 1;
    for (const value of counts) near(value, count / 6);
  });
});
