// The regression of a soak: a leak shows through what is kept on purpose, what is kept on purpose is no leak, and how busy the machine was is nothing to it.

import assert from 'node:assert/strict';
import { randomStream } from '../../../sim/random.ts';
import { type HeapSample, heapSlope } from '../../soak/slope.ts';

const MB = 1_000_000;
const CARD = 21_000;
const OTHER = 11_000;
const CONNECTION = 60_000;
/** Of a task that was run here, kept for a minute and a half. */
const RESULT = 50_000;
/** Stretches of five minutes after the ten of the start. */
const STRETCHES = 'CTCTSSSSSS';
/** As many as there are in an hour, without the start. */
const LOOKS = 40;

interface Course {
  /** Bytes an hour. */
  readonly leak: number;
  /** Standard deviation of a look, in bytes. */
  readonly noise: number;
  readonly seed: number;
  /** How fast the machine is at a moment between 0 and 1. */
  readonly speed?: (at: number) => number;
  /** Looks that saw something under way all the same. */
  readonly wild?: boolean;
  readonly looks?: number;
}

/** Looks of 50 minutes: stretches of cards, of tasks and mostly of searches, as the load of a soak makes them. */
function course({ leak, noise, seed, speed = () => 1, wild = false, looks = LOOKS }: Course): HeapSample[] {
  const random = randomStream(seed, 'heap');
  let [cards, others] = [100, 50];
  return Array.from({ length: looks }, (_, n) => {
    const hours = (n / looks) * (50 / 60);
    const kind = STRETCHES[Math.floor((n / looks) * STRETCHES.length)];
    const done = Math.round(60 * speed(n / looks));
    if (kind === 'C') [cards, others] = [cards + done, others + Math.round(done / 4)];
    const ended = kind === 'T' ? done : kind === 'S' ? 2 : 0;
    const results = Math.round((ended / 4) * (0.7 + 0.6 * random.unit()));
    if (kind === 'T') others += done;
    if (kind === 'S') [cards, others] = [cards + 1, others + 2];
    const connections = 60 + random.below(12);
    const held = CARD * cards + OTHER * others + CONNECTION * connections + RESULT * results;
    const under = wild && random.unit() < 0.1 ? 20 * MB : 0;
    return {
      hours,
      cards,
      others,
      connections,
      results,
      bytes: 80 * MB + leak * hours + held + noise * random.normal(0, 1) + under,
    };
  });
}

/** Little to do at first and much later, as on a machine that others kept busy. */
const uneven = (at: number): number => (at < 0.5 ? 0.15 : 1.4);
const SEEDS = Array.from({ length: 20 }, (_, n) => n + 1);

describe('the slope of a soak', () => {
  for (const [words, speed] of [
    ['an even', undefined],
    ['an uneven', uneven],
  ] as const) {
    it(`finds a leak of 2 MB an hour beside what is kept, under ${words} load, and never passes it`, () => {
      let found = 0;
      for (const seed of SEEDS) {
        const samples = course({
          leak: 2 * MB,
          noise: 100_000,
          seed,
          ...(speed === undefined ? {} : { speed }),
        });
        const { each, error, perHour, total } = heapSlope(samples);
        assert.ok(perHour + 2 * error > MB, `seed ${seed}: ${perHour / MB} ± ${error / MB}`);
        if (perHour - 2 * error > MB) found += 1;
        if (speed === undefined)
          assert.ok(Math.abs(each.cards / CARD - 1) < 0.3 && Math.abs(each.others / OTHER - 1) < 0.3);
        assert.ok(Math.abs(each.connections / CONNECTION - 1) < 0.2);
        assert.ok(total > perHour + MB, 'what is kept is in the total');
      }
      assert.ok(found >= 17, `${found} of 20 surely above the bound`);
    });

    it(`finds none where there is none, under ${words} load, and its error covers the truth`, () => {
      let [covered, passed] = [0, 0];
      for (const seed of SEEDS) {
        const samples = course({ leak: 0, noise: 100_000, seed, ...(speed === undefined ? {} : { speed }) });
        const { error, perHour } = heapSlope(samples);
        assert.ok(perHour - 2 * error < MB, `seed ${seed}: ${perHour / MB} ± ${error / MB}`);
        if (perHour + 2 * error < MB) passed += 1;
        if (Math.abs(perHour) < 2 * error) covered += 1;
      }
      assert.ok(covered >= 17, `${covered} of 20 within twice the error`);
      assert.ok(passed >= 17, `${passed} of 20 surely below the bound`);
    });
  }

  it('is not led astray by single looks at which something was under way', () => {
    for (const seed of SEEDS) {
      const { error, leftOut, perHour } = heapSlope(
        course({ leak: 2 * MB, noise: 100_000, seed, wild: true }),
      );
      assert.ok(
        perHour - 2 * error > MB,
        `seed ${seed}: ${perHour / MB} ± ${error / MB}, ${leftOut} left out`,
      );
    }
  });

  it('says a larger error where looks near each other have something in common', () => {
    const samples = course({ leak: 0, noise: 100_000, seed: 1 });
    const waves = samples.map((one, n) => ({ ...one, bytes: one.bytes + 2 * MB * Math.sin(n / 4) }));
    const shuffled = samples.map((one, n) => ({ ...one, bytes: one.bytes + 2 * MB * Math.sin(n * 97) }));
    assert.ok(heapSlope(waves).error > 1.5 * heapSlope(shuffled).error);
  });

  it('does not pretend to tell apart what grows together, or anything from a few samples', () => {
    const together = Array.from({ length: 50 }, (_, n) => ({
      hours: n / 60,
      cards: 10 * n,
      others: 0,
      connections: 60,
      results: 0,
      bytes: 80 * MB + 10 * n * CARD,
    }));
    assert.ok(Number.isNaN(heapSlope(together).error));
    assert.ok(Number.isNaN(heapSlope(together).perHour));
    assert.ok(heapSlope(together).total > MB);
    assert.ok(Number.isNaN(heapSlope(course({ leak: 0, noise: 0, seed: 1 }).slice(0, 4)).perHour));
  });

  it('tells a slope without any data that vary', () => {
    const idle = Array.from({ length: 50 }, (_, n) => ({
      hours: n / 60,
      cards: 10,
      others: 5,
      connections: 60,
      results: 0,
      bytes: 80 * MB + (2 * MB * n) / 60 + (n % 2) * 1_000,
    }));
    const { each, error, perHour } = heapSlope(idle);
    assert.ok(Math.abs(perHour / MB - 2) < 0.01 && error < 0.01 * MB);
    assert.ok(Number.isNaN(each.cards));
  });
});
