// The adversaries: each does harm where nothing stands against it, and does less, or none, where the protocol's cores do.

import assert from 'node:assert/strict';
import { assess, FLOOR_SUGGESTED } from '../../../protocol/reputation/index.ts';
import {
  DEFAULT_POLICY,
  makePolicy,
  type PolicyName,
  type RoutingView,
} from '../../../protocol/routing/index.ts';
import { ADVERSARIES, victimsOf } from '../../../sim/adversaries/index.ts';
import type { Role, RoleContext } from '../../../sim/cores/role.ts';
import { coresTier } from '../../../sim/cores/tier.ts';
import { randomStream } from '../../../sim/random.ts';
import {
  ADVERSARY_KINDS,
  type AdversaryKind,
  completeScenario,
  type Session,
  type TierResult,
} from '../../../sim/scenario/index.ts';
import { dayNumber, Evidence } from '../../support/evidence.ts';
import { neighbour } from '../../support/routing-views.ts';

const tier = coresTier(ADVERSARIES);
/** Gossip and nothing else: no comparisons, no budgets, no penalties. */
const NAIVE = { antiEntropySeconds: 0, admission: false };
const WHOLE = { antiEntropySeconds: 2, admission: true };
/** Virtual seconds of a run, and when losses end. */
const SECONDS = 40;

async function runWith(kind: AdversaryKind | undefined, protocol: object, share = 0.3): Promise<TierResult> {
  return await tier.run(scenarioWith(kind, protocol, share), 4);
}

function scenarioWith(kind: AdversaryKind | undefined, protocol: object, share: number) {
  return completeScenario({
    tier: 'T2',
    seconds: SECONDS,
    topology: { nodes: 100, degree: 10 },
    network: { latency: { minMs: 10, maxMs: 100 }, loss: { good: 0.05 }, healSeconds: 20 },
    protocol,
    workload: { statements: { writers: 10, perSecond: 4, forSeconds: 10 } },
    adversaries: kind === undefined ? [] : [{ kind, share, targets: 3 }],
  });
}

/** Packets that a client sends through one of two relays. */
const PACKETS = 400;

const metric = (result: TierResult, name: string): number => result.metrics[name] ?? Number.NaN;
const p95 = (result: TierResult): number => metric(result, 'statements.arrival.p95Ms');

function assertHolds(result: TierResult): void {
  assert.deepEqual(
    result.checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`),
    [],
  );
  assert.equal(metric(result, 'statements.coverage'), 1);
}

describe('adversaries', () => {
  let calm: TierResult;
  before(async () => {
    calm = await runWith(undefined, NAIVE);
  });

  it('has every kind that a scenario can name', () => {
    assert.deepEqual(Object.keys(ADVERSARIES).sort(), [...ADVERSARY_KINDS].sort());
  });

  for (const kind of ['sybil', 'withholder', 'free-rider', 'poisoner'] as const)
    it(`a ${kind} slows gossip down; what is held is whole all the same once nodes compare`, async () => {
      const naive = await runWith(kind, NAIVE, 0.5);
      assert.ok(p95(naive) > 1.3 * p95(calm), `${p95(naive)} ms against ${p95(calm)} ms`);
      assertHolds(await runWith(kind, WHOLE, 0.2));
    });

  it('a free-rider works for nobody: the others send more for it than it for them', async () => {
    const naive = await runWith('free-rider', NAIVE, 0.5);
    assert.ok(metric(naive, 'messages.sent') < 0.7 * metric(calm, 'messages.sent'));
  });

  it('a poisoner is believed by nobody, and admission shuts it out', async () => {
    const naive = await runWith('poisoner', NAIVE);
    const whole = await runWith('poisoner', WHOLE);
    assert.ok(metric(naive, 'gossip.rejected') > 100);
    for (const result of [naive, whole]) {
      const check = result.checks.find(({ name }) => name === 'no false accept');
      assert.ok(check?.ok === true && check.looked > 100);
    }
    assert.ok(metric(whole, 'admission.penalties') > 0);
    assert.ok(metric(whole, 'gossip.rejected') < metric(naive, 'gossip.rejected'));
  });

  it('a whitewasher gets more of its poison out than one that stays, and still nobody believes it', async () => {
    const stays = await runWith('poisoner', WHOLE);
    const returns = await runWith('whitewasher', WHOLE);
    assert.ok(metric(returns, 'gossip.rejected') > metric(stays, 'gossip.rejected'));
    assert.ok(returns.checks.find(({ name }) => name === 'no false accept')?.ok);
  });

  it('an equivocator is found out by everybody, with evidence', async () => {
    const whole = await runWith('equivocator', WHOLE, 0.05);
    assert.equal(metric(whole, 'forks.count'), 5);
    assert.equal(metric(whole, 'forks.coverage'), 1);
    assertHolds(whole);
  });

  it('an eclipse keeps its victims in the dark for as long as they listen to gossip only', async () => {
    const behindWith = async (protocol: object, share: number, seed: number): Promise<number> => {
      const scenario = scenarioWith('eclipse', protocol, share);
      const session = await tier.open!(scenario, seed);
      await session.advance(SECONDS);
      const { logs, role } = (await session.inspect(await victim(session))) as {
        logs: { holds: number; of: number }[];
        role: string;
      };
      assert.equal(role, 'honest');
      return logs.reduce((sum, { holds, of }) => sum + of - holds, 0);
    };
    // Some victims are lucky in the honest neighbours that they have left.
    const behind = async (protocol: object, share: number): Promise<number> => {
      let sum = 0;
      for (const seed of [4, 5, 6, 7]) sum += await behindWith(protocol, share, seed);
      return sum;
    };
    // Nearly all of its neighbours: nothing but a comparison with one of the rest helps.
    assert.ok((await behind(NAIVE, 0.85)) > 0);
    assert.equal(await behind(WHOLE, 0.2), 0);
  });

  it('a lying relay draws all that believe it; the policy that measures goes elsewhere', () => {
    const { relay } = roleOf('lying-relay');
    assert.ok(relay !== undefined && relay.costFactor < 1);
    const naive = lostThrough('shortest-path', relay);
    const whole = lostThrough(DEFAULT_POLICY, relay);
    assert.ok(naive > 0.9 * PACKETS, `${naive} of ${PACKETS} packets`);
    assert.ok(whole < 0.1 * PACKETS, `${whole} of ${PACKETS} packets`);
  });

  it('colluding raters lift each other where praise is counted, and not over the floor of the core', () => {
    const context = contextOf('colluding-raters', (node) => node < 20);
    const praise = ADVERSARIES['colluding-raters']!(context).praise!;
    const evidence = new Evidence();
    for (let n = 0; n < 4; n++) for (let at = 0; at < 10; at++) evidence.completed(`honest${at}`, 'me');
    for (let at = 0; at < 5; at++) for (let n = 0; n < 4; n++) evidence.completed('good', `honest${at}`);
    const counted = new Map([
      ['good', 20],
      ['rater0', 0],
    ]);
    for (let rater = 1; rater < 20; rater++) {
      const made = praise(0, 0);
      counted.set('rater0', counted.get('rater0')! + made);
      for (let n = 0; n < Math.min(made, 4); n++) evidence.completed('rater0', `rater${rater}`);
    }
    assert.equal(praise(50, 3), 3);
    assert.ok(counted.get('rater0')! > counted.get('good')!);
    const view = { own: ['me'], partners: ['honest0'], day: dayNumber(0) };
    const book = evidence.book();
    assert.ok(assess(book, view, 'rater0').lower < FLOOR_SUGGESTED);
    assert.ok(assess(book, view, 'good').lower > FLOOR_SUGGESTED);
  });

  it('victims of an eclipse are agreed without a word', () => {
    assert.deepEqual([...victimsOf((node) => node < 2, 3)], [2, 3, 4]);
  });
});

async function victim(session: Pick<Session, 'inspect'>): Promise<number> {
  for (let node = 0; ; node++) if ((await session.inspect(node)).role !== 'eclipse') return node;
}

function contextOf(kind: AdversaryKind, isAccomplice: (node: number) => boolean): RoleContext {
  return {
    node: 0,
    spec: { kind, share: 0.2, intensity: 1, targets: 1 },
    random: randomStream(1, 'role'),
    now: () => 0,
    neighbours: () => [],
    isAccomplice,
    send: () => {},
    spoil: (publication) => publication,
    ownLogs: () => [],
    equivocate: () => {},
    rejoin: () => {},
  };
}

function roleOf(kind: AdversaryKind): Role {
  return ADVERSARIES[kind]!(contextOf(kind, () => false));
}

/** Packets that a liar dropped, when a client routes by a policy. */
function lostThrough(
  name: PolicyName,
  relay: { readonly dropped: number; readonly costFactor: number },
): number {
  const policy = makePolicy(name, { self: 'client', advertises: false });
  const random = randomStream(4, 'packets');
  const neighbours = ['liar', 'honest'].map((id) => neighbour(id, { reputation: 0.5 }));
  const view: RoutingView = { self: 'client', region: 'here', neighbours };
  let lost = 0;
  for (let n = 0; n < PACKETS; n++) {
    const now = n * 100;
    for (const { id } of n % 10 === 0 ? neighbours : []) {
      const costMs = id === 'liar' ? 40 * relay.costFactor : 40;
      const report = { author: id, sequence: BigInt(n), region: 'here', links: [{ to: 'far', costMs }] };
      policy.observe({ kind: 'reported', report }, now);
    }
    policy.tick(view, now, random);
    const common = { destination: 'far', slaClass: 'interactive' } as const;
    const { next } = policy.choose({ ...common, ttl: 3, bytes: 0, visited: ['client'] }, view, now, random);
    assert.ok(next !== undefined);
    const ok = next !== 'liar' || random.unit() >= relay.dropped;
    if (!ok) lost += 1;
    // The liar takes everything, and says that all is well behind it.
    const handed = { kind: 'handed', neighbour: next, ok: true, tookMs: 20, remainingMs: 40 } as const;
    policy.observe({ ...handed, ...common }, now);
    policy.observe(
      { kind: 'finished', neighbour: next, ...common, ok, ...(ok ? { tookMs: 60 } : {}) },
      now + 60,
    );
  }
  return lost;
}
