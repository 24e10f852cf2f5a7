// The regression of a soak: a leak shows through what is kept on purpose, and what is kept on purpose is no leak.

import assert from 'node:assert/strict';
import { randomStream } from '../../../sim/random.ts';
import { type HeapSample, heapSlope } from '../../soak/slope.ts';

const MIB = 1_048_576;

/** Samples of an hour: `leak` bytes an hour, 1,000 bytes an entry in bursts, and noise. */
function samples(leak: number, noise: number, bursts = true): HeapSample[] {
  const random = randomStream(1, 'heap');
  let entries = 0;
  return Array.from({ length: 120 }, (_, n) => {
    const hours = n / 120;
    entries += bursts && Math.floor(n / 10) % 2 === 1 ? 0 : 50;
    return { hours, entries, bytes: 80 * MIB + leak * hours + 1_000 * entries + noise * random.normal(0, 1) };
  });
}

describe('the slope of a soak', () => {
  it('finds a leak beside what is kept, with an error that covers the truth', () => {
    const { error, perEntry, perHour, total } = heapSlope(samples(5 * MIB, 100_000));
    assert.ok(Math.abs(perHour - 5 * MIB) < 3 * error, `${perHour / MIB} ± ${error / MIB}`);
    assert.ok(error < MIB);
    assert.ok(Math.abs(perEntry - 1_000) < 200);
    assert.ok(total > perHour + MIB, 'what is kept is in the total');
  });

  it('finds none where there is none', () => {
    const { error, perHour } = heapSlope(samples(0, 100_000));
    assert.ok(Math.abs(perHour) < 3 * error);
  });

  it('does not pretend to tell apart what grows together, or anything from a few samples', () => {
    const { perEntry, perHour, total } = heapSlope(samples(5 * MIB, 0, false));
    assert.equal(perEntry, 0);
    assert.equal(perHour, total);
    assert.ok(Number.isNaN(heapSlope(samples(0, 0).slice(0, 3)).perHour));
  });
});
