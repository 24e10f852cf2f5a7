// Routing: who is chosen and why, and what is remembered.

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
import { randomStream } from '../../../sim/random.ts';
import { neighbour } from '../../support/routing-views.ts';

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

  /**
   * Three relays alike in what their links take, of which each may lead to d over one more relay; now and then a process is held up, as processes
   * that share a machine are, and a probe or a report tells of that. Answers how often each was chosen in ten seconds after half a minute.
   */
  const amongPauses = (slowMs: number): Map<string | undefined, number> => {
    const policy = makePolicy('split', { self: 'x', advertises: false });
    const ids = ['home', 'other', 'third'];
    const view = viewOf(...ids.map((id) => neighbour(id)));
    const pauses = randomStream(7, 'pauses');
    const pauseMs = () => (pauses.unit() < 0.3 ? 40 + 80 * pauses.unit() : 0);
    const chosen = new Map<string | undefined, number>();
    for (let at = 0; at < 40; at++) {
      const now = at * 1_000;
      for (const id of ids) {
        const faultMs = id === 'home' && at >= 25 ? slowMs : 0;
        policy.observe({ kind: 'probed', neighbour: id, rttMs: 12 + pauseMs() + faultMs }, now);
        const costMs = (id === 'home' ? 12 : 26) + pauseMs() + faultMs;
        const report = { author: id, sequence: BigInt(at), region: 'here', links: [{ to: 'd', costMs }] };
        policy.observe({ kind: 'reported', report }, now);
      }
      policy.tick(view, now, random());
      for (let draw = 0; at >= 30 && draw < 10; draw++) {
        const { next } = policy.choose(demand(), view, now, randomStream(at, draw));
        chosen.set(next, (chosen.get(next) ?? 0) + 1);
      }
    }
    return chosen;
  };

  it('does not take the pauses that all suffer for a better way elsewhere', () => {
    const chosen = amongPauses(0);
    assert.ok((chosen.get('home') ?? 0) >= 90, JSON.stringify([...chosen]));
  });

  it('leaves home for no less than what a flow is moved for: a third, and ten milliseconds', () => {
    const policy = makePolicy('split', { self: 'x', advertises: false });
    const view = viewOf(neighbour('home'), neighbour('other'));
    const hear = (at: number, homeMs: number) => {
      for (const id of ['home', 'other']) {
        policy.observe({ kind: 'probed', neighbour: id, rttMs: 20 }, at * 1_000);
        const links = [{ to: 'd', costMs: id === 'home' ? homeMs : 30 }];
        policy.observe(
          { kind: 'reported', report: { author: id, sequence: BigInt(at), region: 'here', links } },
          at * 1_000,
        );
      }
      policy.tick(view, at * 1_000, random());
    };
    const next = (at: number) => policy.choose(demand(), view, at * 1_000 + 500, random()).next;
    for (let at = 0; at < 10; at++) hear(at, 20);
    assert.equal(next(9), 'home');
    hear(10, 50);
    assert.equal(next(10), 'home', 'home takes some 70 ms, the other way 50');
    hear(11, 90);
    assert.equal(next(11), 'other');
  });

  it('leaves a slow relay all the same', () => {
    const chosen = amongPauses(240);
    assert.equal(chosen.get('home') ?? 0, 0, JSON.stringify([...chosen]));
  });

  it('takes a flow home when what it was led round has passed', () => {
    const one = trained();
    const flow = { flow: 'a conversation' };
    for (const at of [10_000, 11_000]) one.policy.observe({ kind: 'probed', neighbour: 'near' }, at);
    const away = one.policy.choose(demand(flow), one.view, 11_500, random()).next;
    assert.notEqual(away, 'near');
    for (let at = 12; at < 42; at++) {
      for (const id of ['near', 'far', 'spare']) {
        const rttMs = id === 'near' ? 20 : 26;
        one.policy.observe({ kind: 'probed', neighbour: id, rttMs }, at * 1_000);
        const report = { author: id, sequence: BigInt(at), region: 'here', links: [{ to: 'd', costMs: 30 }] };
        one.policy.observe({ kind: 'reported', report }, at * 1_000);
      }
      one.policy.tick(one.view, at * 1_000, random());
      one.policy.choose(demand(flow), one.view, at * 1_000, random());
    }
    assert.equal(one.policy.choose(demand(flow), one.view, 42_000, random()).next, 'near');
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

  it('comes back without the faults of an hour ago', () => {
    const one = trained();
    for (let at = 0; at < 5; at++) one.policy.observe({ kind: 'probed', neighbour: 'near' }, 10_000 + at);
    assert.notEqual(next(one, 10_100).next, 'near');
    const again = makePolicy('split', { self: 'x', advertises: false });
    assert.equal(again.restore(one.policy.snapshot(10_100), 3_610_000), true);
    const [near] = again.choose(demand(), one.view, 3_610_000, random()).candidates;
    assert.ok(near!.terms.loss! < 1, JSON.stringify(near));
  });

  it('numbers its reports above all that it gave before a crash, also when its clock was set back', () => {
    const view = { self: 'x', region: 'here', neighbours: [neighbour('near')] };
    const told = (policy: RoutingPolicy, now: number): bigint => {
      const effect = policy.tick(view, now, random()).find(({ kind }) => kind === 'advertise');
      return effect?.kind === 'advertise' ? effect.report.sequence : -1n;
    };
    const before = makePolicy('split', { self: 'x', advertises: true });
    told(before, 3_600_000);
    const written = before.snapshot(3_600_000);
    const last = told(before, 3_600_000 + 35_000);
    const after = makePolicy('split', { self: 'x', advertises: true });
    assert.equal(after.restore(written, 1_000), true);
    const first = told(after, 1_000);
    assert.ok(first > last, `${first} after ${last}`);
    assert.ok(told(after, 2_000) > first);
  });
});

describe('second paths beside late ones', () => {
  it('are begun by the default alone, as it alone keeps an estimate of the tail, and by others where they are compared with it', () => {
    const racing = POLICY_NAMES.filter(
      (name) => makePolicy(name, { self: 'x', advertises: false }).pace !== undefined,
    );
    assert.deepEqual(racing, ['split']);
    assert.ok(makePolicy('nearest', { self: 'x', advertises: false, races: true }).pace !== undefined);
    assert.equal(makePolicy('split', { self: 'x', advertises: false, races: false }).pace, undefined);
  });
});
