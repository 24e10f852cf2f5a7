// A short run of the fuzzer over every target, the same on every run. `npm run fuzz` goes on for a million mutations.

import assert from 'node:assert/strict';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { fuzz } from '../../fuzz/run.ts';
import type { Target } from '../../fuzz/target.ts';
import { fuzzTargets } from '../../fuzz/targets.ts';

const OPTIONS = {
  seed: 7,
  mutations: 6_000,
  budgetMs: Number.POSITIVE_INFINITY,
  now: () => performance.now(),
};

describe('hostile inputs', () => {
  it('are refused with typed errors, quickly, and mean nothing new when accepted', async () => {
    const targets = await fuzzTargets();
    const result = fuzz(targets, OPTIONS);
    assert.deepEqual(result.findings, []);
    assert.equal(result.mutations, OPTIONS.mutations);
    assert.ok(result.refused > result.mutations / 2, 'most mutations are refused');
  });

  it('each target accepts its own valid inputs', async () => {
    for (const target of await fuzzTargets()) {
      const accepted = target.valid.filter((input) => {
        try {
          target.meaning(input);
          return true;
        } catch {
          return false;
        }
      });
      assert.ok(accepted.length > 0, target.name);
    }
  });
});

describe('the fuzzer', () => {
  const target = (meaning: Target['meaning']): Target => ({
    name: 'sample',
    weight: 1,
    mutators: [(valid, random) => Uint8Array.of(...valid, random.below(256))],
    valid: [Uint8Array.of(1, 2, 3)],
    meaning,
  });
  const run = (meaning: Target['meaning']): string[] =>
    fuzz([target(meaning)], { ...OPTIONS, mutations: 50 }).findings.map(({ kind }) => kind);

  it('finds a false accept, a crash and a slow decode', () => {
    assert.ok(run((input) => String(input.length)).includes('false accept'));
    assert.ok(
      run((input) => {
        if (input.length > 3) throw new TypeError('crash');
        return '';
      }).includes('crash'),
    );
    let clock = 0;
    const slow = target((input) => {
      clock += input.length > 3 ? 101 : 0;
      return '';
    });
    assert.ok(
      fuzz([slow], { ...OPTIONS, mutations: 5, now: () => clock }).findings.every(
        ({ kind }) => kind === 'slow',
      ),
    );
    assert.deepEqual(
      run((input) => {
        if (input.length > 3) throw new ZeroError('DECODE_FAILED', 'refused');
        return '';
      }),
      [],
    );
  });

  it('makes the same inputs from the same seed, and stops at its budget', () => {
    const inputs = (seed: number): string => {
      const seen: string[] = [];
      fuzz([target((input) => String(seen.push(input.toHex())))], { ...OPTIONS, seed, mutations: 20 });
      return seen.join();
    };
    assert.equal(inputs(1), inputs(1));
    assert.notEqual(inputs(1), inputs(2));
    let time = 0;
    const result = fuzz([target(() => '')], {
      ...OPTIONS,
      mutations: 100_000,
      budgetMs: 10,
      now: () => time++ / 100,
    });
    assert.ok(result.mutations < 100_000);
  });
});
