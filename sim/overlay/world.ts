// What all parts of an overlay run share: virtual time, the network, its wire, and a real policy at every node.

import {
  makePolicy,
  type NeighbourView,
  type PolicyName,
  type RoutingEvent,
  type RoutingPolicy,
  type RoutingView,
} from '../../protocol/routing/index.ts';
import { Later } from '../later.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { makeNetwork, type OverlayNetwork } from './network.ts';
import type { OverlayScenario } from './scenario.ts';
import { Wire } from './wire.ts';

/** A neighbour as a node sees it; the run changes what changes. */
export type NeighbourState = { -readonly [K in keyof NeighbourView]: NeighbourView[K] };

export interface OverlayNode {
  readonly policy: RoutingPolicy;
  readonly view: RoutingView;
  readonly by: ReadonlyMap<number, NeighbourState>;
  readonly random: RandomStream;
}

export class World {
  readonly scenario: OverlayScenario;
  readonly network: OverlayNetwork;
  readonly wire: Wire;
  readonly nodes: readonly OverlayNode[];
  readonly #later = new Later();

  constructor(scenario: OverlayScenario, policy: PolicyName) {
    this.scenario = scenario;
    this.network = makeNetwork(scenario);
    this.wire = new Wire(scenario, this.network);
    this.nodes = Array.from({ length: this.network.count }, (_, node) => this.#makeNode(node, policy));
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#later.now;
  }

  /** Whether the learners have had their time to settle. */
  get measuring(): boolean {
    return this.now >= this.scenario.settleS * 1_000;
  }

  isRelay(node: number): boolean {
    return node < this.scenario.relays;
  }

  after(ms: number, act: () => void): void {
    this.#later.after(ms, act);
  }

  observe(node: number, event: RoutingEvent): void {
    this.nodes[node]!.policy.observe(event, this.now);
  }

  run(): void {
    this.#later.run((this.scenario.settleS + this.scenario.measureS) * 1_000);
  }

  #makeNode(node: number, policy: PolicyName): OverlayNode {
    const { relays, seed } = this.scenario;
    const neighbours = this.network.neighbours[node]!.map(
      (other): NeighbourState => ({
        id: String(other),
        region: `region-${this.network.region[other]}`,
        forwards: other < relays,
        backbone: other === this.network.backbone[node],
        up: true,
        pricePerMiB: 0n,
        reputation: 1,
        inFlight: 0,
      }),
    );
    const self = String(node);
    return {
      policy: makePolicy(policy, { self, advertises: node < relays }),
      view: { self, region: `region-${this.network.region[node]}`, neighbours },
      by: new Map(neighbours.map((view) => [Number(view.id), view])),
      random: randomStream(seed, 'policy', node),
    };
  }
}
