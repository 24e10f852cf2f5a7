// What all parts of an overlay run share: virtual time, the network, its wire, and a real policy at every node.

import {
  makePolicy,
  type NeighbourView,
  type PolicyName,
  type RoutingEvent,
  type RoutingPolicy,
  type RoutingView,
} from '../../protocol/routing/index.ts';
import { EventLoop } from '../event-loop.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { makeNetwork, type OverlayNetwork } from './network.ts';
import type { OverlayScenario } from './scenario.ts';
import { Wire } from './wire.ts';

const MICROSECONDS = 1_000;

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
  readonly #loop = new EventLoop();
  readonly #later = new Map<number, () => void>();
  readonly #run: number;
  #ids = 0;

  constructor(scenario: OverlayScenario, policy: PolicyName) {
    this.scenario = scenario;
    this.network = makeNetwork(scenario);
    this.wire = new Wire(scenario, this.network);
    this.nodes = Array.from({ length: this.network.count }, (_, node) => this.#makeNode(node, policy));
    this.#run = this.#loop.on((id) => {
      const act = this.#later.get(id);
      this.#later.delete(id);
      act?.();
    });
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#loop.now / MICROSECONDS;
  }

  /** Whether the learners have had their time to settle. */
  get measuring(): boolean {
    return this.now >= this.scenario.settleS * 1_000;
  }

  isRelay(node: number): boolean {
    return node < this.scenario.relays;
  }

  /** Closures and not numeric events: a decision costs a hundred times as much as its event. */
  after(ms: number, act: () => void): void {
    const id = this.#ids++ | 0;
    this.#later.set(id, act);
    this.#loop.schedule(ms * MICROSECONDS, this.#run, id);
  }

  observe(node: number, event: RoutingEvent): void {
    this.nodes[node]!.policy.observe(event, this.now);
  }

  run(): void {
    this.#loop.run({ until: (this.scenario.settleS + this.scenario.measureS) * 1_000 * MICROSECONDS });
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
