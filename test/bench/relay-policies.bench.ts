// The routing policies over real relays: each relay a process of its own on links of its own (test/fleet), edges that nobody can dial in this one.
// All policies meet the same fleet, pairs and faults, one after the other, round by round: first nothing is wrong; then one relay is slow, one
// jitters and loses, one is killed, one lies. Measured are streams that are set up anew, and one request on each.

import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { peerIdFromString } from '@libp2p/peer-id';
import type { RunningNode } from '../../node/index.ts';
import { isPolicyName, type PolicyName } from '../../protocol/routing/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import type { Bench, BenchContext } from './bench.ts';
import { percentile } from './node-rig.ts';
import { ECHO, PolicyFleet } from './policy-fleet.ts';

/** Time with traffic that a policy gets to learn, and to learn anew when faults begin. */
const LEARN_MS = 5_000;
/** A stream or request that takes longer has failed, and counts as this. */
const REQUEST_MS_MAX = 6_000;
/** Requests at once: enough that a fault holds one up and not all, few enough for two cores. */
const AT_ONCE = 4;
/** Time with traffic before the first policy: processes that have just started are slow, and the first would meet another fleet than the others. */
const WARM_MS = 15_000;
/** Pause of a caller between two requests, and between two looks whether the other end knows that the link has gone. */
const PAUSE_MS = 50;
/** It is told within this time, also on a busy machine; a link that is still there then is one that a service of its node keeps, and shares. */
const GONE_MS_MAX = 1_000;
/** Every link when nothing is wrong. */
const CALM = { oneWayMs: 5, jitterMs: 2 };
/** What befalls relays, by number: each is of another region than the one before, and none is the one that all joined through. */
const SLOW = { at: 3, link: { oneWayMs: 120, jitterMs: 40 } };
const LOSSY = { at: 4, link: { oneWayMs: 10, jitterMs: 80, loss: 0.08 } };
const KILLED = 5;
const LIAR = { at: 1, lies: { boasts: true, lateMs: 150, slowMs: 75, drops: 0.2 } };
const COMPARED: readonly PolicyName[] = ['split', 'nearest', 'lowest-rtt', 'shortest-path', 'q-routing'];
const OURS = 'split';
/** The fixed paths, of which the best is the measure when nothing is wrong. */
const FIXED: readonly PolicyName[] = ['nearest', 'shortest-path'];
const DAYS = ['calm', 'impaired'] as const;
type Day = (typeof DAYS)[number];

interface Samples {
  readonly setup: number[];
  readonly request: number[];
  failed: number;
  /** Paths that went through the relay that lies. */
  byLiar: number;
  /** Relays on all paths together. */
  relays: number;
}

/** One new stream between two edges, and one request on it; milliseconds of both, and the relays that carried them. */
async function one(from: RunningNode, to: RunningNode) {
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  const began = performance.now();
  const peer = peerIdFromString(to.node.peerId);
  let setup = REQUEST_MS_MAX;
  let path: readonly string[] = [];
  try {
    const connection = await from.node.host.services.links.call(peer, signal);
    path = from.node.routing.links().findLast((link) => link.peer === to.node.peerId)?.path ?? [];
    try {
      const stream = await connection.newStream(ECHO, { signal, runOnLimitedConnection: true });
      setup = performance.now() - began;
      await new Promise<void>((resolve, reject) => {
        stream.addEventListener('message', () => resolve(), { once: true });
        stream.addEventListener('close', () => reject(new Error('closed')), { once: true });
        signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
        stream.send(Uint8Array.of(1));
      });
      return { setup, request: performance.now() - began - setup, path };
    } finally {
      connection.abort(new Error('measured'));
    }
  } catch (error) {
    return { setup, request: REQUEST_MS_MAX, path, error: error as Error };
  }
}

/** Resolves when an edge has no link to another left: a call the other way would share one that is about to end. */
async function gone({ node }: RunningNode, from: RunningNode): Promise<void> {
  const deadline = performance.now() + GONE_MS_MAX;
  do await delay(PAUSE_MS);
  while (node.routing.links().some(({ peer }) => peer === from.node.peerId) && performance.now() < deadline);
}

/** Traffic between pairs, several at once, until `done` says so. */
async function traffic(
  { edges }: PolicyFleet,
  pairs: RandomStream,
  done: () => boolean,
  take: (result: Awaited<ReturnType<typeof one>>, from: RunningNode, to: RunningNode) => void,
): Promise<void> {
  const inUse = new Set<string>();
  const caller = async () => {
    while (!done()) {
      const a = pairs.below(edges.length);
      const b = (a + 1 + pairs.below(edges.length - 1)) % edges.length;
      // Two that call each other share a link, and the first to end would end it for the other.
      const pair = [a, b].sort((x, y) => x - y).join();
      while (inUse.has(pair)) await delay(PAUSE_MS);
      inUse.add(pair);
      take(await one(edges[a]!, edges[b]!), edges[a]!, edges[b]!);
      await gone(edges[b]!, edges[a]!);
      inUse.delete(pair);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

async function learn(fleet: PolicyFleet, pairs: RandomStream, ms = LEARN_MS): Promise<void> {
  const until = performance.now() + ms;
  await traffic(
    fleet,
    pairs,
    () => performance.now() > until,
    () => {},
  );
}

async function measure(
  fleet: PolicyFleet,
  pairs: RandomStream,
  requests: number,
  into: Samples,
  note: (text: string) => void,
): Promise<void> {
  let begun = 0;
  const liar = fleet.relayId(LIAR.at);
  await traffic(
    fleet,
    pairs,
    () => begun++ >= requests,
    ({ error, path, request, setup }, from, to) => {
      into.setup.push(setup);
      into.request.push(request);
      if (path.includes(liar)) into.byLiar += 1;
      into.relays += path.length;
      if (error === undefined) return;
      into.failed += 1;
      note(`  ${from.node.config.name} to ${to.node.config.name}: ${error.message.slice(0, 160)}`);
    },
  );
}

async function impair(fleet: PolicyFleet): Promise<void> {
  for (const { at, link } of [SLOW, LOSSY]) fleet.link(at, link);
  fleet.lies(LIAR.at, LIAR.lies);
  await fleet.kill(KILLED);
}

async function mend(fleet: PolicyFleet): Promise<void> {
  for (const { at } of [SLOW, LOSSY]) fleet.link(at);
  fleet.lies(LIAR.at);
  await fleet.revive(KILLED);
  await fleet.settled();
}

/** How many cores relays and edges keep busy from now until it is asked: with more than there are, what is measured is the wait for them. */
function cores(fleet: PolicyFleet): () => string {
  const before = fleet.processorSeconds();
  const began = performance.now();
  return () => {
    const after = fleet.processorSeconds();
    const seconds = (performance.now() - began) / 1_000;
    const share = (kind: 'relays' | 'edges') =>
      Math.max(0, (after[kind] - before[kind]) / seconds).toFixed(2);
    return `cores busy: ${share('relays')} with relays, ${share('edges')} with edges`;
  };
}

const show = (list: readonly number[]): string =>
  [0.5, 0.95, 0.99].map((p) => `p${p * 100} ${Math.round(percentile(list, p))}`).join(' ');

export const bench: Bench = {
  name: 'relay-policies',
  summary:
    'p95 of stream set-up and request over real relays on bad links: the default policy against nearest, lowest RTT, shortest path and plain Q',
  bar: { sign: '>=', value: 1.3 },
  async run({ folder, note, only, out, random, report, sizes }: BenchContext) {
    const counts = sizes(
      // Two cores hold no more: each relay is a process that speaks to all others every second.
      { relays: 9, edges: 12, requests: 150, rounds: 1 },
      { relays: 12, edges: 40, requests: 200, rounds: 3 },
    );
    const policies = only.length === 0 ? COMPARED : only.filter(isPolicyName);
    const results = new Map<string, Samples>();
    const of = (policy: PolicyName, day: Day): Samples => {
      const key = `${policy} ${day}`;
      const known = results.get(key) ?? { setup: [], request: [], failed: 0, byLiar: 0, relays: 0 };
      results.set(key, known);
      return known;
    };
    const began = performance.now();
    const seconds = () => `${Math.round((performance.now() - began) / 1_000)} s`;
    const lag = monitorEventLoopDelay({ resolution: 10 });
    const tell = (text: string): void => note(`${seconds()}: ${text}`);
    await using fleet = await PolicyFleet.start(folder(), counts, CALM, tell);
    tell('all know how to reach each other');
    const idle = cores(fleet);
    await delay(LEARN_MS);
    tell(`nothing is asked; ${idle()}`);
    await learn(fleet, random('warming'), WARM_MS);
    lag.enable();
    for (let round = 0; round < counts.rounds; round++)
      for (const policy of policies) {
        await fleet.use(policy);
        // The same pairs for every policy, and others in every round.
        const pairs = random(`pairs ${round}`);
        for (const day of DAYS) {
          if (day === 'impaired') await impair(fleet);
          await learn(fleet, random(`learning ${round} ${day}`));
          const samples = of(policy, day);
          lag.reset();
          const busy = cores(fleet);
          await measure(fleet, pairs, counts.requests, samples, note);
          tell(
            `round ${round + 1}, ${policy}, ${day}: set-up ${show(samples.setup)}; request ${show(samples.request)} ms; ${samples.failed} failed; ${samples.byLiar} of ${samples.setup.length} by the relay that lies; ${(samples.relays / samples.setup.length).toFixed(2)} relays on a path; ${busy()}, this process late by ${Math.round(lag.percentile(99) / 1e6)} ms (p99)`,
          );
        }
        if (out !== undefined) writeFileSync(out, JSON.stringify(Object.fromEntries(results)));
        await mend(fleet);
      }
    compare(policies, of, counts, report);
  },
};

/** Beaten by 30 % in p95 under impairment; within 5 % of the best fixed path when nothing is wrong. */
function compare(
  policies: readonly PolicyName[],
  of: (policy: PolicyName, day: Day) => Samples,
  { rounds: _, ...sizes }: { relays: number; edges: number; requests: number; rounds: number },
  report: BenchContext['report'],
): void {
  if (!policies.includes(OURS)) return;
  const row = (day: Day, what: 'setup' | 'request', p: number, other: PolicyName, bar: number) =>
    report({
      case: `${day}, ${what} p${p * 100} against ${other}`,
      sizes,
      ours: percentile(of(OURS, day)[what], p),
      peer: percentile(of(other, day)[what], p),
      peerName: other,
      unit: 'ms',
      better: 'lower',
      bar: { sign: '>=', value: bar },
    });
  for (const what of ['setup', 'request'] as const) {
    for (const other of policies)
      if (other !== OURS) for (const p of [0.95, 0.99]) row('impaired', what, p, other, p === 0.95 ? 1.3 : 1);
    const fixed = FIXED.filter((name) => policies.includes(name)).sort(
      (a, b) => percentile(of(a, 'calm')[what], 0.95) - percentile(of(b, 'calm')[what], 0.95),
    );
    if (fixed[0] !== undefined) row('calm', what, 0.95, fixed[0], 0.95);
  }
}
