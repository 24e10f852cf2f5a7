// The policies by name, and which is the default: docs/adr/0023-default-routing-policy.md says why.

import { Knowledge } from './knowledge.ts';
import type { Method } from './method.ts';
import { direct, lowestRtt, nearest, shortestPath } from './methods/baselines.ts';
import { peakEwma } from './methods/peak-ewma.ts';
import { qRouting } from './methods/q-routing.ts';
import { splitLearner } from './methods/split.ts';
import { thompson } from './methods/thompson.ts';
import type { NeighbourId, RoutingPolicy } from './ports.ts';
import { Router } from './router.ts';

/** Share of demands that q-routing and dual-q send at random: the usual value of the literature. */
const EPSILON = 0.1;

const METHODS = {
  split: splitLearner,
  'q-routing': (known: Knowledge) =>
    qRouting(known, { name: 'q-routing', epsilon: EPSILON, forwardFeedback: false, echo: false }),
  'dual-q': (known: Knowledge) =>
    qRouting(known, { name: 'dual-q', epsilon: EPSILON, forwardFeedback: true, echo: false }),
  'full-echo': (known: Knowledge) =>
    qRouting(known, { name: 'full-echo', epsilon: 0, forwardFeedback: false, echo: true }),
  'peak-ewma-p2c': peakEwma,
  thompson,
  'shortest-path': shortestPath,
  'lowest-rtt': lowestRtt,
  nearest,
  direct,
} as const satisfies Record<string, (known: Knowledge) => Method>;

export type PolicyName = keyof typeof METHODS;

/** Every policy, the default first. */
export const POLICY_NAMES: readonly PolicyName[] = Object.keys(METHODS) as PolicyName[];

/** What routes when nothing is configured. */
export const DEFAULT_POLICY: PolicyName = 'split';

export interface PolicyOptions {
  readonly self: NeighbourId;
  /** Tells others of own links and forwards for them: true for a relay, false for an edge. */
  readonly advertises: boolean;
  /** Begins second paths beside late ones, or does not: for comparisons. Absent: as the policy does of itself. */
  readonly races?: boolean;
}

/** Is this the name of a policy? */
export function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(METHODS, name);
}

/** Makes a policy with nothing learned. One for each router: it keeps that router's state. */
export function makePolicy(name: PolicyName, { self, advertises, races }: PolicyOptions): RoutingPolicy {
  const probes = name !== 'direct' && name !== 'nearest';
  const knowledge = new Knowledge({ self, probes, advertises });
  return new Router(METHODS[name](knowledge), knowledge, races);
}
