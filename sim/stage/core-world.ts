// The router core on a stage: a real policy at every node, on virtual time. What the node around it does is told again in few words (core-*.ts): wire,
// connections and what a node knows of them. Whoever runs it says how microtasks are waited for.

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
import { regionOf, type StageNetwork, type StageSizes, stageNetwork } from './stage.ts';
import { StageWire } from './stage-wire.ts';

/** Standing of a relay of which nothing is known, as nodes have it. */
const UNPROVEN = 0.5;
/**
 * What nodes say to each other beside all this (gossip, heartbeats, comparisons): pieces a second on each link, each way, as counted over whole nodes that
 * ask nothing (8.4 and 4.1 with probes and reports). On a link that loses, what comes behind a lost piece waits for it.
 */
const CHATTER_PER_SECOND = { relays: 5.4, edges: 3 } as const;

/** A neighbour as a node sees it. */
export type NeighbourState = { -readonly [K in keyof NeighbourView]: NeighbourView[K] };

export interface CoreNode {
  readonly id: number;
  readonly isRelay: boolean;
  readonly region: string;
  readonly policy: RoutingPolicy;
  readonly random: RandomStream;
  /** Who is connected with it, relays and edges. */
  readonly connected: Map<number, NeighbourState>;
}

export interface CoreOptions {
  readonly policy: PolicyName;
  readonly races?: boolean;
  readonly seed: number;
  readonly sizes: StageSizes;
  /** Waits until no microtask is left. */
  readonly turn: () => Promise<void>;
}

export class CoreWorld {
  readonly network: StageNetwork;
  readonly wire: StageWire;
  readonly nodes: readonly CoreNode[];
  readonly #turn: () => Promise<void>;
  readonly #later = new Later();
  /** By link and direction: when the last piece arrives, and when the next one of the chatter leaves. */
  readonly #lines = new Map<number, { dueAt: number; chatterAt: number }>();
  readonly #chatter: RandomStream;

  constructor({ policy, races, seed, sizes, turn }: CoreOptions) {
    this.#turn = turn;
    this.network = stageNetwork(sizes, seed);
    const { count, relays } = this.network;
    const streams = Array.from({ length: count }, (_, n) => randomStream(seed, 'wire', n));
    this.wire = new StageWire(this.network, streams);
    this.#chatter = randomStream(seed, 'chatter');
    this.nodes = Array.from({ length: count }, (_, id): CoreNode => {
      const advertises = id < relays;
      return {
        id,
        isRelay: advertises,
        region: regionOf(this.network, id),
        policy: makePolicy(policy, {
          self: String(id),
          advertises,
          ...(races === undefined ? {} : { races }),
        }),
        random: randomStream(seed, 'policy', id),
        connected: new Map(),
      };
    });
    for (let a = 0; a < count; a++)
      for (const b of a < relays ? Array.from({ length: a }, (_, n) => n) : this.network.homes[a]!)
        this.#join(a, b);
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#later.now;
  }

  after(ms: number, act: () => void): void {
    this.#later.after(ms, act);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** What comes within so long; undefined when nothing does. */
  within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      this.after(ms, () => resolve(undefined));
      void promise.then(resolve);
    });
  }

  /** Resolves when a piece that is sent now arrives, behind all that was sent before it; never, where it does not arrive. */
  send(from: number, to: number): Promise<void> {
    const dueAt = this.#dueAt(from, to);
    if (dueAt === Number.POSITIVE_INFINITY) return new Promise(() => {});
    return new Promise((resolve) =>
      this.after(dueAt - this.now, () => {
        if (!this.wire.isDead(to)) resolve();
      }),
    );
  }

  #dueAt(from: number, to: number): number {
    const key = from * this.network.count + to;
    const line = this.#lines.get(key) ?? { dueAt: 0, chatterAt: this.now };
    this.#lines.set(key, line);
    const isRelays = from < this.network.relays && to < this.network.relays;
    const meanMs = 1_000 / CHATTER_PER_SECOND[isRelays ? 'relays' : 'edges'];
    for (; line.chatterAt < this.now; line.chatterAt += this.#chatter.exponential(meanMs))
      line.dueAt = Math.max(line.dueAt, line.chatterAt + this.wire.delayMs(from, to));
    line.dueAt = Math.max(line.dueAt, this.now + this.wire.delayMs(from, to));
    return line.dueAt;
  }

  observe(node: CoreNode, event: RoutingEvent): void {
    node.policy.observe(event, this.now);
  }

  /** What a node may choose from: relays that are connected, and the destination where it is. */
  view({ connected, id, region }: CoreNode, destination?: number): RoutingView {
    const neighbours = [...connected.values()].filter(
      (one) => one.forwards || one.id === String(destination),
    );
    return { self: String(id), region, neighbours };
  }

  async run(untilMs: number, isDone: () => boolean = () => false): Promise<void> {
    await this.#turn();
    while (!isDone() && this.#later.step(untilMs)) await this.#turn();
    if (!isDone()) this.#later.run(untilMs);
  }

  /** Two are connected no more, as one of them sees it. */
  part(node: CoreNode, other: number): void {
    if (node.connected.delete(other)) this.observe(node, { kind: 'down', neighbour: String(other) });
  }

  #join(a: number, b: number): void {
    for (const [one, other] of [
      [this.nodes[a]!, this.nodes[b]!],
      [this.nodes[b]!, this.nodes[a]!],
    ] as const)
      one.connected.set(other.id, {
        id: String(other.id),
        region: other.region,
        forwards: other.isRelay,
        backbone: false,
        up: true,
        rttMs: 2 * this.network.delay(a, b),
        pricePerMiB: 0n,
        reputation: other.isRelay ? UNPROVEN : 1,
        inFlight: 0,
      });
  }
}
