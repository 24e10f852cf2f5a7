// Collusion: what Sybils say of each other, and of whom they serve, weighs no more than what honest agents found in them together.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import '../../support/property-seed.ts';
import { assess, assessmentBytes, EDGE_MAX, FLOOR_SUGGESTED } from '../../../protocol/reputation/index.ts';
import { dayNumber, Evidence } from '../../support/evidence.ts';

const VIEW = { own: ['me'], partners: ['honest0'], day: dayNumber(0) };

/** 10 honest agents that work for each other and for me; 90 Sybils that praise each other, the bad agent, and accuse the good one. */
function world(options: { attackEdges: number; seed: number }) {
  const evidence = new Evidence();
  let x = options.seed + 1;
  const draw = (n: number) => {
    x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
    return x % n;
  };
  const honest = Array.from({ length: 10 }, (_, i) => `honest${i}`);
  const sybils = Array.from({ length: 90 }, (_, i) => `sybil${i}`);
  for (const name of honest) for (let i = 0; i < 4; i++) evidence.completed(name, 'me');
  for (const name of honest) for (let i = 0; i < 6; i++) evidence.completed(honest[draw(10)]!, name);
  for (let i = 0; i < 4; i++) for (const name of honest.slice(0, 5)) evidence.completed('good', name);
  for (const name of sybils) {
    for (let i = 0; i < 4; i++) {
      evidence.completed('bad', name);
      evidence.completed(sybils[draw(90)]!, name);
    }
    evidence.said(name, 'good', 'task-failed', [], -100);
  }
  // The bad agent failed everybody honest who tried it.
  for (const name of honest.slice(0, 3)) evidence.said(name, 'bad', 'task-failed', [], -100);
  // Sybils that did real work for honest agents: these edges are all that their words can pass.
  for (let i = 0; i < options.attackEdges; i++)
    for (let n = 0; n < 5; n++) evidence.completed(sybils[i]!, honest[i % 10]!);
  return evidence;
}

describe('reputation against collusion', () => {
  it('90 % Sybils lift no bad agent over the floor, and hold no good one below it', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(2), (seed, attackEdges) => {
        const book = world({ seed, attackEdges }).book();
        const bad = assess(book, VIEW, 'bad');
        const good = assess(book, VIEW, 'good');
        assert.ok(bad.good <= attackEdges * EDGE_MAX, `${bad.good} flows over ${attackEdges} edges`);
        assert.ok(bad.lower < FLOOR_SUGGESTED, `bad has ${bad.lower}`);
        assert.ok(good.bad <= attackEdges * EDGE_MAX);
        assert.ok(good.lower > FLOOR_SUGGESTED, `good has ${good.lower}`);
      }),
      { numRuns: 20 },
    );
  });

  it('more identities change nothing: the words of a thousand weigh what those of ten do', () => {
    const with10 = new Evidence();
    const with1000 = new Evidence();
    for (const [evidence, count] of [
      [with10, 10],
      [with1000, 1000],
    ] as const) {
      for (let i = 0; i < 5; i++) evidence.completed('gate', 'me');
      for (let i = 0; i < count; i++) {
        for (let n = 0; n < 3; n++) evidence.completed(`s${i}`, 'gate');
        for (let n = 0; n < 3; n++) evidence.completed('bad', `s${i}`);
      }
    }
    // `me` found five units of good work in `gate`; everything behind it passes that edge.
    assert.equal(assess(with1000.book(), VIEW, 'bad').good, assess(with10.book(), VIEW, 'bad').good);
  });

  it('a whitewashed identity starts below the floor, and never above the identity it left', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (goods, bads) => {
        const evidence = new Evidence();
        for (let i = 0; i < goods; i++) evidence.completed('old', 'me');
        for (let i = 0; i < bads; i++) evidence.said('me', 'old', 'task-failed', [], -100);
        const book = evidence.book();
        const fresh = assess(book, VIEW, 'new');
        assert.equal(fresh.lower, 0);
        assert.equal(fresh.status, 'unproven');
        assert.ok(assess(book, VIEW, 'old').lower >= fresh.lower);
      }),
    );
  });

  it('the same statements in any order give the same bytes', () => {
    const evidence = world({ attackEdges: 1, seed: 7 });
    const bytesOf = (statements: typeof evidence.all) =>
      Buffer.from(assessmentBytes(assess(evidence.book(statements), VIEW, 'good'))).toString();
    const expected = bytesOf(evidence.all);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(evidence.all, {
          minLength: evidence.all.length,
          maxLength: evidence.all.length,
        }),
        (shuffled) => assert.equal(bytesOf(shuffled), expected),
      ),
      { numRuns: 10 },
    );
  });
});
