// Requests over relays, under virtual time: every node runs a real policy of protocol/routing, hop by hop. What is modelled is
// the wire and the relays' work; what is real is every decision.

import type { PolicyName } from '../../protocol/routing/index.ts';
import { randomStream } from '../random.ts';
import { spells } from './faults.ts';
import { type OverlayStep, Requests } from './requests.ts';
import { type OverlayResult, resultOf } from './result.ts';
import type { OverlayScenario } from './scenario.ts';
import { Upkeep } from './upkeep.ts';
import { World } from './world.ts';

/**
 * Runs one policy at every node. Deterministic for its scenario; the scenario's faults and arrivals do not depend on the policy. `step` is told
 * where each request is.
 */
export function runOverlay(scenario: OverlayScenario, policy: PolicyName, step?: OverlayStep): OverlayResult {
  const world = new World(scenario, policy);
  const requests = new Requests(world, step);
  const upkeep = new Upkeep(world);
  for (const [node] of world.nodes.entries()) upkeep.tick(node);
  for (const { relay, fault, fromS, untilS } of spells(scenario)) {
    world.after(fromS * 1_000, () => upkeep.strike(relay, fault));
    world.after(untilS * 1_000, () => upkeep.mend(relay));
  }
  const arrivals = randomStream(scenario.seed, 'arrivals');
  const arrive = (): void => {
    world.after(arrivals.exponential(1_000 / scenario.rate), arrive);
    const from = scenario.relays + arrivals.below(scenario.edges);
    const partners = world.network.partners[from]!;
    requests.begin(from, partners[arrivals.below(partners.length)]!);
  };
  arrive();
  world.run();
  const { latencies, failed, hops } = requests;
  return resultOf(policy, latencies, failed, hops, upkeep.accused);
}
