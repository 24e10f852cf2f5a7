// Routing: what a link costs, what reports are worth, who is chosen and why.

import assert from 'node:assert/strict';
import {
  type Demand,
  makePolicy,
  type NeighbourView,
  POLICY_NAMES,
  type RoutingEffect,
  type RoutingPolicy,
  type RoutingView,
  SNAPSHOT_BYTES_MAX,
} from '../../../protocol/routing/index.ts';
import { LinkEstimate } from '../../../protocol/routing/link-estimate.ts';
import { NetworkMap } from '../../../protocol/routing/network-map.ts';
import { Trust } from '../../../protocol/routing/trust.ts';
import { randomStream } from '../../../sim/random.ts';

const neighbour = (id: string, more: Partial<NeighbourView> = {}): NeighbourView => ({
  id,
  region: 'here',
  forwards: true,
  backbone: false,
  up: true,
  rttMs: 20,
  pricePerMiB: 0n,
  reputation: 1,
  inFlight: 0,
  ...more,
});
const demand = (more: Partial<Demand> = {}): Demand => ({
  destination: 'd',
  ttl: 4,
  slaClass: 'interactive',
  bytes: 1_000,
  visited: [],
  ...more,
});
const viewOf = (...neighbours: NeighbourView[]): RoutingView => ({ self: 'x', region: 'here', neighbours });
const random = () => randomStream(1, 'test');

describe('the cost of a link', () => {
  it('is its round trip and deviation while nothing is lost', () => {
    const link = new LinkEstimate(100, 0);
    for (let at = 1; at <= 20; at++) link.succeeded(40, at * 1_000);
    const { srttMs, lossMs } = link.cost(20_000);
    assert.ok(Math.abs(srttMs - 40) < 0.01);
    assert.equal(lossMs, 0);
  });

  it('forgives one loss, and condemns a link at the second in a row', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    link.failed(1_000);
    const once = link.cost(1_000).lossMs;
    link.failed(2_000);
    const twice = link.cost(2_000).lossMs;
    assert.ok(once < 15, `one loss costs ${once} ms`);
    assert.ok(twice > 100, `two losses cost ${twice} ms`);
  });

  it('goes back to what it was before, when nobody uses the link', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    const well = link.costMs(0);
    for (let at = 1; at < 5; at++) link.failed(at * 100);
    assert.ok(link.costMs(500) > 5 * well);
    assert.ok(link.costMs(200_000) < 1.05 * well);
  });

  it('keeps its baseline through half a minute of trouble', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    for (let at = 1; at <= 35; at++) link.succeeded(400, at * 1_000);
    assert.ok(link.baselineMs < 55, `baseline is ${link.baselineMs} ms`);
    assert.ok(link.costMs(35_000) > 350);
  });
});

describe('the map of reports', () => {
  const report = (author: string, sequence: bigint, links: Record<string, number>) => ({
    author,
    sequence,
    region: 'here',
    links: Object.entries(links).map(([to, costMs]) => ({ to, costMs })),
  });

  it('believes the dearer end of a link, and only a link that both ends report', () => {
    const map = new NetworkMap('x', () => 0);
    map.take(report('a', 1n, { b: 1, c: 5 }), 0);
    map.take(report('b', 1n, { a: 80, d: 10 }), 0);
    map.take(report('c', 1n, { d: 1 }), 0);
    assert.equal(map.cost('a', 'd', 'live'), 90);
    assert.deepEqual(map.authorsOnWay('a', 'd'), ['a', 'b']);
  });

  it('counts no way that leads through ourselves', () => {
    const map = new NetworkMap('x', () => 0);
    map.take(report('a', 1n, { x: 5 }), 0);
    map.take(report('b', 1n, { x: 5, d: 5 }), 0);
    assert.equal(map.cost('a', 'd', 'live'), Number.POSITIVE_INFINITY);
  });

  it('takes no older report, no malformed one, and forgets who is silent', () => {
    const map = new NetworkMap('x', () => 0);
    assert.equal(map.take(report('a', 5n, { d: 10 }), 0), true);
    assert.equal(map.take(report('a', 5n, { d: 1 }), 0), false);
    assert.equal(map.take(report('a', 6n, { d: -1 }), 0), false);
    assert.equal(map.take(report('a', 7n, { d: Number.NaN }), 0), false);
    assert.equal(map.cost('a', 'd', 'live'), 10);
    map.advance(60_000);
    assert.equal(map.cost('a', 'd', 'live'), Number.POSITIVE_INFINITY);
  });
});

describe('trust in reports', () => {
  it('settles on the relay that lies, and clears the one that shares its ways', () => {
    const trust = new Trust();
    for (let at = 0; at < 200; at++) {
      const now = at * 100;
      const promised = 50 + trust.excess('honest', now) + trust.excess('liar', now);
      trust.way(['honest', 'liar'], promised, 250, now);
      trust.way(['honest'], 50 + trust.excess('honest', now), 52, now);
    }
    assert.ok(trust.excess('liar', 20_000) > 120, `liar: ${trust.excess('liar', 20_000)} ms`);
    assert.ok(trust.excess('honest', 20_000) < 30, `honest: ${trust.excess('honest', 20_000)} ms`);
    const said = trust.discrepancies(20_000);
    assert.deepEqual(
      said.map((effect) => effect.kind === 'discrepancy' && effect.about),
      ['liar'],
    );
    assert.deepEqual(trust.discrepancies(21_000), [], 'not said again at once');
  });

  it('takes a neighbour at its word no longer when the shared link is measured to be far worse', () => {
    const trust = new Trust();
    for (let at = 0; at < 4; at++) trust.link('y', 1, 300, at * 1_000);
    assert.equal(trust.excess('y', 4_000), 0);
    for (let at = 4; at < 20; at++) trust.link('y', 1, 300, at * 1_000);
    assert.ok(trust.excess('y', 20_000) > 150);
  });
});

describe('every policy', () => {
  for (const name of POLICY_NAMES) {
    it(`${name}: leaves out who may not take the demand, and says why`, () => {
      const policy = makePolicy(name, { self: 'x', advertises: true });
      const view = viewOf(
        neighbour('down', { up: false }),
        neighbour('had'),
        neighbour('not', { allowed: false }),
        neighbour('edge', { forwards: false }),
        neighbour('far', { region: 'there' }),
        neighbour('dear', { pricePerMiB: 11n }),
      );
      const asked = demand({ visited: ['had'], region: 'here', priceCeiling: 10n });
      const { next, reason, candidates } = policy.choose(asked, view, 0, random());
      assert.equal(next, undefined);
      assert.equal(reason, 'none');
      assert.deepEqual(
        candidates.map(({ excluded }) => excluded),
        ['down', 'visited', 'forbidden', 'endpoint', 'region', 'price'],
      );
    });

    it(`${name}: with its last hop left, only the destination is next`, () => {
      const policy = makePolicy(name, { self: 'x', advertises: true });
      const view = viewOf(neighbour('y', { backbone: true }), neighbour('d', { forwards: false }));
      assert.equal(policy.choose(demand({ ttl: 1 }), view, 0, random()).next, 'd');
      assert.equal(
        policy.choose(demand({ ttl: 1 }), viewOf(view.neighbours[0]!), 0, random()).next,
        undefined,
      );
    });

    it(`${name}: keeps its state within its bounds`, () => {
      const policy = makePolicy(name, { self: 'x', advertises: true });
      for (let n = 0; n < 6_000; n++)
        policy.observe(
          {
            kind: 'handed',
            neighbour: `n${n % 1_500}`,
            destination: `destination-${n}`,
            slaClass: 'bulk',
            ok: true,
            tookMs: n,
            remainingMs: n,
          },
          n,
        );
      assert.ok(policy.snapshot(6_000).length <= SNAPSHOT_BYTES_MAX);
    });
  }
});

describe('the split learner', () => {
  const trained = (): { policy: RoutingPolicy; view: RoutingView } => {
    const policy = makePolicy('split', { self: 'x', advertises: false });
    const view = viewOf(neighbour('near'), neighbour('far'), neighbour('spare', { backbone: true }));
    const rtt: Record<string, number> = { near: 20, far: 60, spare: 100 };
    for (let at = 0; at < 10; at++) {
      for (const [id, rttMs] of Object.entries(rtt))
        policy.observe({ kind: 'probed', neighbour: id, rttMs }, at * 1_000);
      for (const author of Object.keys(rtt)) {
        const report = { author, sequence: BigInt(at), region: 'here', links: [{ to: 'd', costMs: 30 }] };
        policy.observe({ kind: 'reported', report }, at * 1_000);
      }
      policy.tick(view, at * 1_000, random());
    }
    return { policy, view };
  };
  const next = ({ policy, view }: ReturnType<typeof trained>, now: number) =>
    policy.choose(demand(), view, now, random());

  it('stays at home while home is well', () => {
    const one = trained();
    for (let draw = 0; draw < 20; draw++)
      assert.equal(one.policy.choose(demand(), one.view, 9_500, randomStream(draw)).next, 'near');
  });

  it('leaves a relay after two lost probes, and comes back when it is well again', () => {
    const one = trained();
    one.policy.observe({ kind: 'probed', neighbour: 'near' }, 10_000);
    one.policy.observe({ kind: 'probed', neighbour: 'near' }, 11_000);
    assert.notEqual(next(one, 11_500).next, 'near');
    for (let at = 12; at < 60; at++) {
      for (const [id, rttMs] of [
        ['near', 20],
        ['far', 60],
        ['spare', 100],
      ] as const) {
        one.policy.observe({ kind: 'probed', neighbour: id, rttMs }, at * 1_000);
        const report = { author: id, sequence: BigInt(at), region: 'here', links: [{ to: 'd', costMs: 30 }] };
        one.policy.observe({ kind: 'reported', report }, at * 1_000);
      }
      one.policy.tick(one.view, at * 1_000, random());
    }
    assert.equal(next(one, 60_000).next, 'near');
  });

  it('leaves a relay whose reports and probes are fine and whose answers do not come', () => {
    const one = trained();
    let accused: RoutingEffect | undefined;
    for (let at = 0; at < 40; at++) {
      const now = 10_000 + at * 250;
      one.policy.observe({ kind: 'probed', neighbour: 'near', rttMs: 20 }, now);
      one.policy.observe(
        { kind: 'finished', neighbour: 'near', destination: 'd', slaClass: 'interactive', ok: false },
        now,
      );
      accused ??= one.policy.tick(one.view, now, random()).find(({ kind }) => kind === 'discrepancy');
    }
    const report = (author: string) => ({
      author,
      sequence: 99n,
      region: 'here',
      links: [{ to: 'd', costMs: 30 }],
    });
    for (const author of ['near', 'far', 'spare'])
      one.policy.observe({ kind: 'reported', report: report(author) }, 20_000);
    one.policy.tick(one.view, 20_000, random());
    assert.notEqual(next(one, 20_000).next, 'near');
    assert.equal(accused?.kind === 'discrepancy' && accused.about, 'near');
  });

  it('asks the backbone while it knows nothing', () => {
    const policy = makePolicy('split', { self: 'x', advertises: false });
    const view = viewOf(neighbour('near', { rttMs: 1 }), neighbour('spare', { rttMs: 50, backbone: true }));
    const decision = policy.choose(demand(), view, 0, random());
    assert.deepEqual([decision.next, decision.reason], ['spare', 'backbone']);
  });

  it('keeps a flow where it is until another way is clearly better', () => {
    const one = trained();
    const view = viewOf(neighbour('far'), neighbour('spare'));
    const flow = demand({ flow: 'f' });
    assert.equal(one.policy.choose(flow, view, 9_500, random()).next, 'far');
    for (let at = 0; at < 10; at++)
      one.policy.observe({ kind: 'probed', neighbour: 'spare', rttMs: 50 }, 9_500 + at);
    assert.deepEqual(
      [
        one.policy.choose(flow, view, 9_600, random()).next,
        one.policy.choose(flow, view, 9_600, random()).reason,
      ],
      ['far', 'kept'],
    );
    for (let at = 0; at < 10; at++)
      one.policy.observe({ kind: 'probed', neighbour: 'spare', rttMs: 1 }, 9_700 + at);
    assert.equal(one.policy.choose(flow, view, 9_800, random()).next, 'spare');
  });

  it('remembers its links over a restart', () => {
    const one = trained();
    one.policy.observe({ kind: 'probed', neighbour: 'near' }, 10_000);
    one.policy.observe({ kind: 'probed', neighbour: 'near' }, 10_100);
    const again = makePolicy('split', { self: 'x', advertises: false });
    assert.equal(again.restore(one.policy.snapshot(10_200), 10_200), true);
    const weighed = (policy: RoutingPolicy) =>
      policy
        .choose(demand(), one.view, 10_200, random())
        .candidates.map(({ terms }) => Math.round((terms.link ?? 0) + (terms.loss ?? 0)));
    assert.deepEqual(weighed(again), weighed(one.policy));
    const other = makePolicy('q-routing', { self: 'x', advertises: false });
    assert.equal(other.restore(one.policy.snapshot(10_200), 10_200), false);
  });
});
