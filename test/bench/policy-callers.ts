// Callers over a fleet of real relays: streams between pairs of edges, several at once; and how busy that keeps the processors.

import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { RandomStream } from '../../sim/random.ts';
import type { FleetEdge, PolicyFleet } from './policy-fleet.ts';
import type { Outcome } from './policy-traffic.ts';

/** Requests at once: enough that a fault holds one up and not all, few enough for two cores. */
const AT_ONCE = 4;
/** Pause of a caller between two requests, and between two looks whether the other end knows that the link has gone. */
const PAUSE_MS = 50;
/** It is told within this time, also on a busy machine; a link that is still there then is one that a service of its node keeps, and shares. */
const GONE_MS_MAX = 1_000;

/** Resolves when an edge has no link to another left: a call the other way would share one that is about to end. */
async function gone(edge: FleetEdge, from: FleetEdge): Promise<void> {
  const deadline = performance.now() + GONE_MS_MAX;
  do await delay(PAUSE_MS);
  while ((await edge.linkedWith(from)) && performance.now() < deadline);
}

/** Traffic between pairs, several at once, until `done` says so. */
export async function traffic(
  { edges }: PolicyFleet,
  pairs: RandomStream,
  done: () => boolean,
  tell: (result: Outcome, from: FleetEdge, to: FleetEdge) => void,
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
      tell(await edges[a]!.call(edges[b]!), edges[a]!, edges[b]!);
      await gone(edges[b]!, edges[a]!);
      inUse.delete(pair);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

/** Traffic that is not measured, for so long. */
export async function learn(fleet: PolicyFleet, pairs: RandomStream, ms: number): Promise<void> {
  const until = performance.now() + ms;
  await traffic(
    fleet,
    pairs,
    () => performance.now() > until,
    () => {},
  );
}

/** How many cores relays and edges keep busy from now until it is asked: with more than there are, what is measured is the wait for them. */
export function cores(fleet: PolicyFleet): () => string {
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

/** How many cores of the machine are busy from now until it is asked, with whatever. */
export function busyCores(): () => number {
  const spent = () =>
    cpus().reduce((sum, { times: { irq, nice, sys, user } }) => sum + irq + nice + sys + user, 0);
  const before = spent();
  const began = performance.now();
  return () => (spent() - before) / (performance.now() - began);
}
