// Paths that stand: which are to be left for better ones, and that fixed paths stay.

import assert from 'node:assert/strict';
import {
  type Demand,
  makePolicy,
  POLICY_NAMES,
  type PolicyName,
  type RoutingPolicy,
  type RoutingView,
} from '../../../protocol/routing/index.ts';
import { randomStream } from '../../../sim/random.ts';
import { neighbour } from '../../support/routing-views.ts';

const DEMAND: Demand = { destination: 'd', ttl: 4, slaClass: 'standard', bytes: 0, visited: [] };
const VIEW: RoutingView = { self: 'x', region: 'here', neighbours: [neighbour('one'), neighbour('two')] };

/** A policy that has heard for ten seconds what the last links of two relays, and the one between these, are said to cost. */
function trained(name: PolicyName, lastMs: { readonly one: number; readonly two: number }): RoutingPolicy {
  const policy = makePolicy(name, { self: 'x', advertises: false });
  for (let at = 0; at < 10; at++) {
    for (const [author, costMs] of Object.entries(lastMs)) {
      policy.observe({ kind: 'probed', neighbour: author, rttMs: 20 }, at * 1_000);
      const other = author === 'one' ? 'two' : 'one';
      const links = [
        { to: 'd', costMs },
        { to: other, costMs: 15 },
      ];
      const report = { author, sequence: BigInt(at), region: 'here', links };
      policy.observe({ kind: 'reported', report }, at * 1_000);
    }
    policy.tick(VIEW, at * 1_000, randomStream(1));
  }
  return policy;
}
const outworn = (policy: RoutingPolicy, path: readonly string[]) => policy.outworn(path, DEMAND, VIEW, 9_500);

describe('a path that stands', () => {
  it('is outworn when the relays on it are reported to take far longer than others, by as much as is expected of it now', () => {
    const policy = trained('split', { one: 250, two: 20 });
    const ms = outworn(policy, ['one']);
    assert.ok(ms !== undefined && ms > 250 && ms < 320, String(ms));
    // What counts is the whole path, and not where it begins.
    assert.ok((outworn(policy, ['two', 'one']) ?? 0) > 250);
    assert.equal(outworn(policy, ['two']), undefined);
    assert.equal(outworn(policy, ['one', 'two']), undefined, 'a way round that costs a little more');
  });

  it('is judged by what was just measured of it, where that is known', () => {
    const policy = trained('split', { one: 250, two: 20 });
    const measured = (ms: number) => policy.outworn(['one'], DEMAND, VIEW, 9_500, ms);
    assert.equal(measured(45), undefined, 'reports are late, or of a machine that paused');
    const ms = measured(70);
    assert.ok(ms !== undefined && ms >= 70 && ms < 90, String(ms));
  });

  it('stays while others are better by what chance makes, or by no third', () => {
    assert.equal(outworn(trained('split', { one: 29, two: 20 }), ['one']), undefined);
    assert.equal(outworn(trained('split', { one: 230, two: 200 }), ['one']), undefined);
  });

  it('stays where nothing is known of it, or of any other', () => {
    const policy = trained('split', { one: 250, two: 20 });
    for (const path of [[], ['three'], ['one', 'three']]) assert.equal(outworn(policy, path), undefined);
    const alone = makePolicy('split', { self: 'x', advertises: false });
    assert.equal(outworn(alone, ['one']), undefined);
  });

  it('is left by the default alone: the others settle a path when it is set up', () => {
    const leaving = POLICY_NAMES.filter(
      (name) => outworn(trained(name, { one: 250, two: 20 }), ['one']) !== undefined,
    );
    assert.deepEqual(leaving, ['split']);
  });
});
