// The arithmetic and the order of the benchmark runner, under a clock that the test moves.

import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomStream } from '../../../sim/random.ts';
import type { Bar, Row } from '../../bench/bench.ts';
import { benchContext } from '../../bench/context.ts';
import { alternate, centreOfRatios, median, ratioOf, reaches } from '../../bench/measure.ts';

describe('benchmark measurement', () => {
  it('takes medians', () => {
    equal(median([3, 1, 2]), 2);
    equal(median([4, 1, 3, 2]), 2.5);
  });

  it('says where the middle of noisy ratios is, and between which figures, whatever a few wild ones are', () => {
    const [truth, rounds, count] = [1.04, 60, 100];
    let covered = 0;
    for (let seed = 1; seed <= rounds; seed++) {
      const random = randomStream(seed, 'ratios');
      const ratios = Array.from(
        { length: count },
        (_, n) => truth * (n % 20 === 0 ? (n % 40 === 0 ? 9 : 1 / 9) : Math.exp(random.normal(0, 0.2))),
      );
      const { high, low, middle } = centreOfRatios(ratios);
      ok(low < middle && middle < high && high - low < 0.15, `${low} to ${high}`);
      if (low <= truth && truth <= high) covered += 1;
    }
    ok(covered >= 0.9 * rounds, `${covered} of ${rounds}`);
    deepEqual(centreOfRatios([2]), { middle: 2, low: 2, high: 2 });
  });

  it('gives the ratio that the sign of the bar asks for', () => {
    equal(ratioOf(200, 100, 'higher', '>='), 2);
    equal(ratioOf(50, 100, 'lower', '>='), 2);
    equal(ratioOf(50, 100, 'lower', '<='), 0.5);
    equal(ratioOf(200, 100, 'higher', '<='), 2);
    equal(reaches(2, { sign: '>=', value: 2 }), true);
    equal(reaches(1.9, { sign: '>=', value: 2 }), false);
    equal(reaches(0.5, { sign: '<=', value: 0.5 }), true);
    equal(reaches(0.6, { sign: '<=', value: 0.5 }), false);
  });

  it('alternates who goes first, leaves the preparation and the warm-up out, and stops at the deadline', async () => {
    let now = 0;
    let order = '';
    const work = (name: string, ms: number) => async () => {
      order += name;
      now += ms;
    };
    const before = (): void => {
      now += 1_000;
    };
    const result = await alternate({
      ours: work('o', 20),
      peer: work('p', 30),
      before,
      seconds: 8,
      now: () => now,
    });
    equal(order, 'op' + 'op' + 'po' + 'op' + 'po');
    deepEqual(result, { ours: 20, peer: 30, rounds: 4 });
  });

  it('makes whole rows and removes its folders', async () => {
    const rows: [Row, Bar][] = [];
    const bench = {
      name: 'x',
      summary: '',
      bar: { sign: '<=', value: 1 },
      run: async () => undefined,
    } as const;
    const options = { full: false, seed: 7, onNote: () => undefined };
    using context = benchContext(bench, { ...options, onRow: (row, bar) => rows.push([row, bar]) });
    equal(context.sizes(1, 2), 1);
    equal(context.random('a').uint32(), context.random('a').uint32());
    context.report({
      case: 'c',
      sizes: { n: 1 },
      peerName: 'p',
      ours: 1,
      peer: 3,
      unit: 'bytes',
      better: 'lower',
    });
    await context.compare({
      case: 'd',
      sizes: {},
      peerName: 'p',
      ours: () => 0,
      peer: () => 0,
      seconds: 0,
      operations: 5,
    });
    deepEqual(Object.keys(rows[0]![0]), [
      'name',
      'case',
      'seed',
      'sizes',
      'ours',
      'peer',
      'peerName',
      'ratio',
      'unit',
      'node',
      'cores',
    ]);
    equal(rows[0]![0].ratio, 0.3333);
    equal(rows[1]![0].unit, 'op/s');
  });
});
