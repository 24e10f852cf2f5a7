// Routing: whatever the graph, the reports, the measurements and the policy, no path meets the same relay twice.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type LinkReport,
  makePolicy,
  type NeighbourView,
  POLICY_NAMES,
  type RoutingEvent,
  type RoutingPolicy,
  type RoutingView,
  TTL_MAX,
} from '../../../protocol/routing/index.ts';
import { randomStream } from '../../../sim/random.ts';

const RELAYS = 7;
const id = (n: number) => `r${n}`;
const cost = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true }));
const index = fc.nat(RELAYS - 1);

const report = fc.record({
  author: index,
  sequence: fc.bigInt({ min: 0n, max: 50n }),
  links: fc.array(fc.record({ to: index, costMs: cost }), { maxLength: RELAYS }),
});
const event = fc.record({
  at: index,
  kind: fc.constantFrom('handed', 'finished', 'probed', 'arrived', 'echoed', 'down', 'up'),
  neighbour: index,
  destination: index,
  ok: fc.boolean(),
  ms: cost,
});
const network = fc.record({
  links: fc.array(fc.tuple(index, index), { minLength: 4, maxLength: 16 }),
  reports: fc.array(report, { maxLength: 20 }),
  events: fc.array(event, { maxLength: 40 }),
  from: index,
  to: index,
  ttl: fc.integer({ min: 1, max: TTL_MAX }),
  seed: fc.nat(),
});
type Network = typeof network extends fc.Arbitrary<infer T> ? T : never;

function viewOf(self: number, links: readonly (readonly [number, number])[]): RoutingView {
  const others = new Set<number>();
  for (const [a, b] of links) {
    if (a === self && b !== self) others.add(b);
    if (b === self && a !== self) others.add(a);
  }
  const neighbours = [...others].map(
    (other): NeighbourView => ({
      id: id(other),
      region: `region${other % 2}`,
      forwards: true,
      backbone: other === 0,
      up: true,
      pricePerMiB: BigInt(other),
      reputation: 1,
      inFlight: other % 3,
    }),
  );
  return { self: id(self), region: `region${self % 2}`, neighbours };
}

function eventOf({ kind, neighbour, destination, ok, ms }: Network['events'][number]): RoutingEvent {
  const common = { neighbour: id(neighbour), destination: id(destination) };
  if (kind === 'handed')
    return { kind, ...common, slaClass: 'standard', ok, ...(ok ? { tookMs: ms, remainingMs: ms } : {}) };
  if (kind === 'finished')
    return { kind, ...common, slaClass: 'standard', ok, ...(ok ? { tookMs: ms } : {}) };
  if (kind === 'arrived')
    return { kind, neighbour: common.neighbour, source: id(destination), tookMs: ms, remainingMs: ms };
  if (kind === 'echoed') return { kind, ...common, remainingMs: ms };
  if (kind === 'probed') return { kind, neighbour: common.neighbour, ...(ok ? { rttMs: ms } : {}) };
  return { kind: kind as 'up' | 'down', neighbour: common.neighbour };
}

const reportOf = ({ author, sequence, links }: Network['reports'][number]): LinkReport => ({
  author: id(author),
  sequence,
  region: `region${author % 2}`,
  links: links.map(({ to, costMs }) => ({ to: id(to), costMs })),
});

describe('routing policies over any network', () => {
  for (const name of POLICY_NAMES) {
    it(`${name}: no path meets a relay twice, and every path ends within its hops`, () => {
      fc.assert(
        fc.property(network, ({ links, reports, events, from, to, ttl, seed }) => {
          const views = Array.from({ length: RELAYS }, (_, n) => viewOf(n, links));
          const policies = views.map(
            ({ self }): RoutingPolicy => makePolicy(name, { self, advertises: true }),
          );
          for (const [n, policy] of policies.entries()) {
            for (const heard of reports) policy.observe({ kind: 'reported', report: reportOf(heard) }, 1_000);
            for (const happened of events) if (happened.at === n) policy.observe(eventOf(happened), 1_500);
            policy.tick(views[n]!, 2_000, randomStream(seed, 'tick', n));
          }
          const visited: string[] = [];
          const random = randomStream(seed, 'choice');
          let at = from;
          for (let left = ttl; at !== to; left--) {
            const demand = {
              destination: id(to),
              ttl: left,
              slaClass: 'standard',
              bytes: 1_000,
              visited: [...visited],
              flow: 'f',
            } as const;
            const { next, candidates } = policies[at]!.choose(demand, views[at]!, 2_000, random);
            assert.equal(candidates.length, views[at]!.neighbours.length);
            if (next === undefined) return;
            assert.ok(left >= 1);
            visited.push(id(at));
            assert.ok(!visited.includes(next), `${next} again after ${visited.join(' ')}`);
            assert.ok(views[at]!.neighbours.some((neighbour) => neighbour.id === next));
            at = Number(next.slice(1));
          }
          assert.ok(visited.length <= ttl);
        }),
        { numRuns: 100 },
      );
    });

    it(`${name}: takes up what it saved, and no bytes of another kind`, () => {
      fc.assert(
        fc.property(network, fc.uint8Array({ maxLength: 200 }), ({ links, events, to }, noise) => {
          const view = viewOf(0, links);
          const policy = makePolicy(name, { self: view.self, advertises: true });
          for (const happened of events) policy.observe(eventOf(happened), 1_000);
          policy.tick(view, 1_000, randomStream(1));
          const again = makePolicy(name, { self: view.self, advertises: true });
          assert.equal(again.restore(noise, 1_000), false);
          const bytes = policy.snapshot(1_000);
          assert.equal(again.restore(bytes, 1_000), true);
          assert.deepEqual(again.snapshot(1_000), bytes);
          const before = policy.remaining(id(to), view, 1_000);
          const after = again.remaining(id(to), view, 1_000);
          assert.ok(
            before === after || Math.abs(before - after) <= 1 || !Number.isFinite(before),
            `${before} ${after}`,
          );
        }),
        { numRuns: 50 },
      );
    });
  }
});
