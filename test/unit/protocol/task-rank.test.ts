// The choice of members: explained, in integers, and the same whatever order the candidates come in.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Candidate, rankMembers } from '../../../protocol/task/index.ts';

const base: Candidate = {
  agentId: 'zs:a',
  operator: 'o',
  region: 'eu',
  fit: 500,
  price: null,
  rtt: null,
  reputation: null,
  load: null,
  local: 0,
};
const make = (agentId: string, change: Partial<Candidate> = {}): Candidate => ({
  ...base,
  agentId,
  ...change,
});
const wants = { ceiling: 100n, reputationFloor: 300 };
const names = (list: { agentId: string }[]) => list.map(({ agentId }) => agentId);

const candidate = fc.record({
  agentId: fc.integer({ min: 0, max: 1_000 }).map((n) => `zs:${n}`),
  operator: fc.constantFrom('o', 'p', 'q'),
  region: fc.constantFrom('eu', 'us'),
  fit: fc.nat(1_000),
  price: fc.option(fc.bigInt({ min: 0n, max: 200n })),
  rtt: fc.option(fc.nat(1_000_000)),
  reputation: fc.option(fc.nat(1_000)),
  load: fc.option(fc.nat(100_000)),
  local: fc.nat(1_000),
});
const candidates = fc.uniqueArray(candidate, { selector: ({ agentId }) => agentId, maxLength: 12 });

describe('protocol/task: the choice of members', () => {
  const better: [string, Partial<Candidate>, Partial<Candidate>][] = [
    ['the cheaper', { price: 10n }, { price: 90n }],
    ['the nearer', { rtt: 5_000 }, { rtt: 200_000 }],
    ['the more trusted', { reputation: 900 }, { reputation: 400 }],
    ['the less loaded', { load: 0 }, { load: 5_000 }],
    ['the one that has the data', { local: 1_000 }, { local: 0 }],
    ['the better fit', { fit: 900 }, { fit: 400 }],
  ];
  for (const [name, good, bad] of better)
    it(`prefers ${name}`, () =>
      assert.deepEqual(names(rankMembers([make('zs:a', bad), make('zs:b', good)], wants)), ['zs:b', 'zs:a']));

  it('breaks ties the same way everywhere, in another order for each task, and explains each term', () => {
    const all = ['zs:a', 'zs:b', 'zs:c', 'zs:d'].map((id) => make(id));
    const firsts = Array.from(
      { length: 40 },
      (_, i) => rankMembers(all, { ...wants, salt: `task ${i}` })[0]?.agentId,
    );
    assert.deepEqual([...new Set(firsts)].sort(), names(all));
    const [first] = rankMembers([make('zs:b'), make('zs:a')], wants);
    assert.deepEqual(first?.terms.map(({ term }) => term).sort(), [
      'fit',
      'load',
      'local',
      'price',
      'queue',
      'reputation',
      'rtt',
    ]);
    assert.equal(
      first?.score,
      first?.terms.reduce((sum, { points }) => sum + points, 0),
    );
  });

  it('spreads five hundred tasks over members that differ a little, and never over one that is much worse', () => {
    const members = [
      make('zs:near', { rtt: 1_000, fit: 700, reputation: 900 }),
      make('zs:far', { rtt: 12_000, fit: 700, reputation: 900 }),
      make('zs:bad', { rtt: 1_000, fit: 0, reputation: 300 }),
    ];
    const given = new Map(names(members).map((name) => [name, 0]));
    for (let task = 0; task < 500; task++) {
      const now = members.map((member) => ({ ...member, load: 500 * (given.get(member.agentId) ?? 0) }));
      const first = rankMembers(now, { ...wants, salt: `task ${task}` })[0]?.agentId as string;
      given.set(first, (given.get(first) ?? 0) + 1);
    }
    assert.equal(given.get('zs:bad'), 0);
    assert.ok((given.get('zs:far') ?? 0) > 200, JSON.stringify([...given]));
  });

  it('counts no queue against whoever may not be asked, and none where it is not to be counted', () => {
    const list = [make('zs:a', { load: 9_000 }), make('zs:idle', { load: 0, unfit: 'no' })];
    const queue = (ranked: ReturnType<typeof rankMembers>) =>
      ranked[0]?.terms.find(({ term }) => term === 'queue')?.points;
    assert.equal(queue(rankMembers(list, wants)), 0);
    assert.equal(queue(rankMembers([list[0] as Candidate, make('zs:b', { load: 0 })], wants)), 0);
    assert.equal(rankMembers([list[0] as Candidate, make('zs:b', { load: 0 })], wants)[1]?.score, 300);
    assert.equal(queue(rankMembers(list, { ...wants, queue: false })), undefined);
  });

  it('leaves out who asks more than the ceiling, or is known to be bad, and says so', () => {
    const ranked = rankMembers(
      [make('zs:a', { price: 101n }), make('zs:b', { reputation: 299 }), make('zs:c')],
      wants,
    );
    assert.equal(ranked[0]?.agentId, 'zs:c');
    assert.deepEqual(
      ranked.slice(1).map(({ refused }) => refused !== null),
      [true, true],
    );
  });

  it('takes nobody with a price when nothing may be paid', () => {
    const [only] = rankMembers([make('zs:a', { price: 1n })], { ceiling: null, reputationFloor: 0 });
    assert.match(only?.refused ?? '', /above the ceiling/);
  });

  it('puts independent members first when runs are compared', () => {
    const same = [make('zs:a', { fit: 900 }), make('zs:b', { fit: 800 })];
    const other = make('zs:c', { fit: 100, operator: 'p', region: 'us' });
    assert.deepEqual(names(rankMembers([...same, other], wants, true)), ['zs:a', 'zs:c', 'zs:b']);
    assert.deepEqual(names(rankMembers([...same, other], wants)), ['zs:a', 'zs:b', 'zs:c']);
  });

  it('does not depend on the order of the candidates, loses none, and keeps scores in -150 to 1,000', () => {
    fc.assert(
      fc.property(candidates, fc.boolean(), (list, independent) => {
        const ranked = rankMembers(list, wants, independent);
        assert.deepEqual(rankMembers([...list].reverse(), wants, independent), ranked);
        assert.deepEqual(names(ranked).sort(), names([...list]).sort());
        assert.ok(ranked.every(({ score }) => score >= -150 && score <= 1_000));
      }),
    );
  });
});
