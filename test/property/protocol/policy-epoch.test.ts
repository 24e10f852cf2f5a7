// Epochs of policies: no order of acknowledgements and looks at the clock begins with a bundle early, alone, or leaves behind who cannot know it.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type EpochKnowledge, judgeEpoch, type PolicyEpoch } from '../../../protocol/policy/index.ts';

const AGENTS = ['a', 'b', 'c', 'd', 'stranger'];
const epochs = fc.record({
  id: fc.constantFrom('x', 'y', 'z'),
  sequence: fc.integer({ min: 1, max: 4 }),
  startsAtMs: fc.integer({ min: 0, max: 5 }).map((n) => n * 10),
});
const knowledge: fc.Arbitrary<EpochKnowledge> = fc.record({
  newest: fc.integer({ min: 0, max: 3 }),
  staged: fc.option(epochs),
  members: fc.option(
    fc.record({
      agents: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 }),
      threshold: fc.integer({ min: 1, max: 3 }),
    }),
  ),
  acknowledgements: fc.array(fc.record({ agent: fc.constantFrom(...AGENTS), epoch: epochs }), {
    maxLength: 12,
  }),
});
const same = (a: PolicyEpoch, b: PolicyEpoch) =>
  a.id === b.id && a.sequence === b.sequence && a.startsAtMs === b.startsAtMs;
const votes = (known: EpochKnowledge, epoch: PolicyEpoch): number =>
  new Set(
    known.acknowledgements
      .filter((one) => same(one.epoch, epoch) && known.members?.agents.includes(one.agent))
      .map(({ agent }) => agent),
  ).size;

describe('properties of policy epochs', () => {
  it('begins at the boundary or later, with enough of the members, and with what is here', () => {
    fc.assert(
      fc.property(knowledge, fc.integer({ min: 0, max: 60 }), (known, now) => {
        const standing = judgeEpoch(known, now);
        if (standing.state === 'due') {
          assert.ok(known.staged !== null && same(standing.epoch, known.staged));
          assert.ok(now >= known.staged.startsAtMs);
          assert.ok(votes(known, known.staged) >= (known.members?.threshold ?? 0));
        }
        if (standing.state === 'behind') {
          assert.ok(standing.epoch.sequence > known.newest && standing.epoch.id !== known.staged?.id);
          assert.ok(now >= standing.epoch.startsAtMs);
          assert.ok(votes(known, standing.epoch) >= known.members!.threshold);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('strangers and repetition change nothing; more of the members never takes it back', () => {
    fc.assert(
      fc.property(knowledge, epochs, fc.integer({ min: 0, max: 60 }), (known, epoch, now) => {
        const before = judgeEpoch(known, now);
        const noise = [...known.acknowledgements, ...known.acknowledgements, { agent: 'stranger', epoch }];
        assert.deepEqual(judgeEpoch({ ...known, acknowledgements: noise }, now), before);
        if (before.state !== 'due' || known.staged === null) return;
        const more = AGENTS.map((agent) => ({ agent, epoch: known.staged as PolicyEpoch }));
        const after = judgeEpoch({ ...known, acknowledgements: [...known.acknowledgements, ...more] }, now);
        assert.equal(after.state, 'due');
      }),
      { numRuns: 500 },
    );
  });

  it('two nodes that know the same acknowledgements are never open under different policies after the boundary', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 0, maxLength: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        (who, threshold, hasIt, itHasIt) => {
          const epoch = { id: 'x', sequence: 2, startsAtMs: 10 };
          const acknowledgements = who.map((agent) => ({ agent, epoch }));
          const members = { agents: ['a', 'b', 'c'], threshold };
          const of = (has: boolean) =>
            judgeEpoch({ newest: 1, members, acknowledgements, staged: has ? epoch : null }, 10).state;
          // `due` decides by the new one, `current` and `waiting` by the old one, `behind` not at all.
          const policyOf = (state: string) => (state === 'due' ? 2 : state === 'behind' ? null : 1);
          const [one, other] = [policyOf(of(hasIt)), policyOf(of(itHasIt))];
          assert.ok(one === null || other === null || one === other);
        },
      ),
    );
  });
});
