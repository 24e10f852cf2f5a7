// Requests over relays: the overlay of sim/overlay, in which every node runs a real routing policy, with the numbers of a scenario.

import { ZeroError } from '../../protocol/errors/index.ts';
import { DEFAULT_POLICY, isPolicyName, POLICY_NAMES, type PolicyName } from '../../protocol/routing/index.ts';
import { runOverlay } from '../overlay/model.ts';
import type { OverlayStepped } from '../overlay/requests.ts';
import { FAULTS } from '../overlay/scenario.ts';
import type { Ground } from './ground.ts';

/** Mean seconds that a relay is well, and then is not: as in the comparison of policies. */
const WELL_S = 120;
const FAULTY_S = 35;
/** Work of a relay for each message that passes. */
const SERVICE_MS = 10;
const PARTNERS = 4;
const MS = 1_000;

function policyOf(name: string): PolicyName {
  if (name === '') return DEFAULT_POLICY;
  if (isPolicyName(name)) return name;
  throw new ZeroError('SCENARIO_INVALID', `there is no routing policy ${name}`, {
    hint: `There are: ${POLICY_NAMES.join(', ')}.`,
  });
}

/** Routes the requests of a scenario; answers the numbers, none when it has no such work. */
export function routeRequests(ground: Ground): [string, number][] {
  const { routes } = ground.scenario.workload;
  if (routes === undefined) return [];
  const scenario = {
    name: ground.scenario.name,
    seed: ground.seed,
    relays: routes.relays,
    regions: routes.regions,
    edges: routes.edges,
    homes: routes.homes === 0 ? ('all' as const) : routes.homes,
    partners: Math.min(PARTNERS, routes.edges - 1),
    rate: routes.perSecond,
    serviceMs: SERVICE_MS,
    faults: routes.healthy ? [] : FAULTS,
    wellS: WELL_S,
    faultyS: FAULTY_S,
    settleS: routes.settleSeconds,
    measureS: routes.forSeconds,
  };
  const { trace } = ground.sinks;
  // Relays and edges are nodes of their own, with the numbers after those of the network.
  const numberOf = (node: number): number => (node < 0 ? node : ground.nodes + node);
  const step = ({ at, from, kind, node, peer, request, to }: OverlayStepped): void =>
    trace?.({
      at: Math.round(at * MS),
      kind,
      node: numberOf(node),
      peer: numberOf(peer),
      what: `request ${request} from ${numberOf(from)} to ${numberOf(to)}`,
    });
  const own = runOverlay(scenario, policyOf(routes.policy), trace === undefined ? undefined : step);
  const numbers: [string, number][] = [
    ['routes.requests', own.requests],
    ['routes.p50Ms', own.p50Ms],
    ['routes.p95Ms', own.p95Ms],
    ['routes.failedShare', own.failed],
    ['routes.hops.mean', own.hops],
  ];
  if (routes.against === '') return numbers;
  const other = runOverlay(scenario, policyOf(routes.against));
  numbers.push(
    ['routes.against.p50Ms', other.p50Ms],
    ['routes.against.p95Ms', other.p95Ms],
    ['routes.against.failedShare', other.failed],
    ['routes.p50OfAgainst', own.p50Ms / other.p50Ms],
    ['routes.p95OfAgainst', own.p95Ms / other.p95Ms],
  );
  return numbers;
}
