// Lookups over disjoint paths, small: the shape of the published figure, and what its parts promise.

import assert from 'node:assert/strict';
import { lookUp } from '../../../sim/skademlia/lookup.ts';
import { castAdversaries, closest, makeNetwork } from '../../../sim/skademlia/network.ts';
import { formula, studyDisjointPaths } from '../../../sim/skademlia/study.ts';

const SMALL = { nodes: 1_000, k: 16, seed: 3 };

describe('S/Kademlia', () => {
  it('finds everybody when nobody cheats, and the own neighbourhood is known completely', () => {
    const network = makeNetwork({ ...SMALL, share: 0 });
    for (let node = 0; node < 50; node++)
      assert.ok(lookUp(network, node, 999 - node, 1, 'lead').isFound, `from ${node}`);
    const nearest = [...network.ids.keys()]
      .filter((node) => node !== 500)
      .sort(
        (a, b) =>
          ((network.ids[a]! ^ network.ids[500]!) >>> 0) - ((network.ids[b]! ^ network.ids[500]!) >>> 0),
      )[0];
    assert.equal(closest(network, 500, network.ids[500]!)[0], nearest);
  });

  it('has the published shape: more paths help, more adversaries hurt, and the formula is near', () => {
    const rows = studyDisjointPaths({
      ...SMALL,
      lookups: 1_000,
      shares: [0.2, 0.4],
      paths: [1, 2, 4, 8],
      attack: 'lead',
    });
    const [few, many] = [rows.slice(0, 4), rows.slice(4)];
    for (const [at, row] of few.entries()) {
      assert.ok(at === 0 || row.success > few[at - 1]!.success, JSON.stringify(few));
      assert.ok(row.success > many[at]!.success);
      assert.ok(Math.abs(row.success - row.formula) < 0.03, JSON.stringify(row));
    }
    assert.ok(few[3]!.success >= 0.99);
  });

  it('loses a path to an adversary that leads it, and only time to one that is silent', () => {
    const network = makeNetwork({ ...SMALL, share: 0.4 });
    const honest = [...network.ids.keys()].filter((node) => network.isAdversary[node] === 0);
    const ask = (attack: 'lead' | 'drop') =>
      honest
        .slice(0, 200)
        .filter((node, at) => !lookUp(network, node, honest.at(-1 - at)!, 1, attack).isFound).length;
    assert.ok(ask('lead') > 40);
    assert.equal(ask('drop'), 0);
  });

  it('casts an exact share, and keeps the earlier adversaries when there are more', () => {
    const few = castAdversaries(1_000, 0.1, 5);
    const many = castAdversaries(1_000, 0.3, 5);
    assert.equal(
      few.reduce((sum, one) => sum + one, 0),
      100,
    );
    assert.ok(few.every((one, node) => one <= many[node]!));
  });

  it('computes the formula of the paper', () => {
    assert.equal(formula([1], 0.2, 1), 0.8);
    assert.ok(Math.abs(formula([2, 2], 0.5, 2) - (1 - 0.75 ** 2)) < 1e-12);
  });
});
