// Properties of the line of bundles: whatever is offered in whatever order, nothing older than the newest is ever taken.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { goBack, newPolicyLine, type PolicyLine, takePolicy } from '../../../protocol/policy/index.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';

const NOW = Date.parse('2026-03-02T00:00:00Z');
const bundles = [1, 2, 3, 4, 5].flatMap((sequence) =>
  [0, Math.max(0, sequence - 2)].map((floor) => ({
    sequence,
    floor,
    envelope: signedBundle({ sequence, floor }),
  })),
);
const step = fc.oneof(
  fc.record({ take: fc.integer({ min: 0, max: bundles.length - 1 }) }),
  fc.record({ back: fc.integer({ min: 0, max: 5 }) }),
);

describe('properties of protocol/policy', () => {
  it('the newest never goes back, the floor never sinks, and nothing below it is in force', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let line: PolicyLine = newPolicyLine({ keys: [keyOf(1)], threshold: 1 });
        const taken = new Map<string, number>();
        for (const one of steps) {
          const before = line;
          try {
            if ('take' in one) {
              const given = bundles[one.take]!;
              const step = takePolicy(line, given.envelope, NOW);
              taken.set(step.taken.id, given.sequence);
              line = step.line;
            } else {
              const known = [...taken].find(([, sequence]) => sequence === one.back);
              line = goBack(line, known === undefined ? null : { id: known[0], sequence: known[1] });
            }
          } catch (error) {
            assert.ok(isZeroError(error) && error.code === 'POLICY_ROLLBACK');
            assert.equal(line, before);
          }
          assert.ok((line.newest?.sequence ?? 0) >= (before.newest?.sequence ?? 0));
          assert.ok(line.floor >= before.floor);
          assert.ok((line.active === null ? 0 : taken.get(line.active)!) >= line.floor);
        }
      }),
      { numRuns: 200 },
    );
  });
});
