// Whom a path shall go round behind its first relay: those through whom ways were found to be worse than they say, where there is a way without them.

import assert from 'node:assert/strict';
import {
  makePolicy,
  POLICY_NAMES,
  type PolicyName,
  type RoutingPolicy,
} from '../../../protocol/routing/index.ts';
import { randomStream } from '../../../sim/random.ts';
import { neighbour } from '../../support/routing-views.ts';

const VIEW = { self: 'x', region: 'here', neighbours: [neighbour('first')] };
const DEMAND = { destination: 'd', ttl: 8 };
const NOW = 10_000;
const EXITS = { boaster: 1, honest: 15 };

/** A policy that knows one relay, and what two behind it say of their links to the destination. */
function knowing(name: PolicyName = 'split', exits: Readonly<Record<string, number>> = EXITS): RoutingPolicy {
  const policy = makePolicy(name, { self: 'x', advertises: false });
  for (let at = 0; at <= NOW; at += 1_000) {
    policy.observe({ kind: 'probed', neighbour: 'first', rttMs: 20 }, at);
    const between = { to: 'first', costMs: 10 };
    const reports = Object.entries(exits).map(([author, costMs]) => ({
      author,
      links: [{ to: 'd', costMs }, between],
    }));
    const first = { author: 'first', links: Object.keys(exits).map((to) => ({ to, costMs: 10 })) };
    for (const { author, links } of [first, ...reports])
      policy.observe(
        { kind: 'reported', report: { author, sequence: BigInt(at), region: 'here', links } },
        at,
      );
    policy.tick(VIEW, at, randomStream(1));
  }
  return policy;
}

/** Streams over these two relays, that were set up in so long. */
function over(policy: RoutingPolicy, exit: string, tookMs: number, times: number): void {
  const path = ['first', exit];
  const common = { neighbour: 'first', destination: 'd', slaClass: 'standard', path } as const;
  for (let n = 0; n < times; n++) policy.observe({ kind: 'finished', ...common, ok: true, tookMs }, NOW);
  policy.tick(VIEW, NOW, randomStream(1));
}

/** Some that were as promised, and some through the boaster that were late. */
function warned(policy: RoutingPolicy): RoutingPolicy {
  over(policy, 'honest', 45, 8);
  over(policy, 'boaster', 400, 4);
  over(policy, 'honest', 45, 8);
  return policy;
}

describe('behind the first relay', () => {
  it('a path goes round a relay that was found to be worse than it says', () => {
    const policy = knowing();
    assert.deepEqual(policy.around('first', DEMAND, NOW), [], 'nothing was found yet');
    warned(policy);
    assert.deepEqual(policy.around('first', DEMAND, NOW), ['boaster']);
  });

  it('it goes through it where nobody else leads there, and where no way is known', () => {
    const alone = knowing('split', { boaster: 1 });
    over(alone, 'boaster', 400, 8);
    assert.deepEqual(alone.around('first', DEMAND, NOW), []);
    const policy = warned(knowing());
    assert.deepEqual(policy.around('first', { destination: 'nowhere', ttl: 8 }, NOW), []);
    assert.deepEqual(policy.around('nobody', DEMAND, NOW), []);
  });

  it('it keeps the hops of the way round, and one more', () => {
    const policy = warned(knowing());
    // Three hops to d by first and honest, one to spare, one for the name of whom it goes round.
    assert.deepEqual(policy.around('first', { destination: 'd', ttl: 5 }, NOW), ['boaster']);
    assert.deepEqual(policy.around('first', { destination: 'd', ttl: 4 }, NOW), []);
    assert.deepEqual(policy.around('first', { destination: 'd', ttl: 1 }, NOW), []);
  });

  it('it goes where it may again once that was long ago', () => {
    const policy = warned(knowing());
    const later = NOW + 600_000;
    assert.deepEqual(policy.around('first', DEMAND, later), []);
  });

  it('it goes as relays choose, for all policies but the default', () => {
    const naming = POLICY_NAMES.filter(
      (name) => warned(knowing(name)).around('first', DEMAND, NOW).length > 0,
    );
    assert.deepEqual(naming, ['split']);
  });
});
