// The real nodes of a run: opens them and joins them as the topology says. To be imported only once the clock, or the sockets, are what
// the tier wants them to be.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { completeConfig } from '../../node/config/index.ts';
import { type Carrier, type Clock, openNode, systemClock, type ZerostateNode } from '../../node/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import type { Topology } from '../net/topology.ts';
import { randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';
import { Cast, NETWORK } from './cast.ts';
import { makeRunFolder } from './folder.ts';
import { setGossip } from './gossip-policy.ts';
import type { Timeline } from './timeline.ts';

/** Addresses that a node may be given to join through. */
const JOIN_MAX = 32;
/** Between the starts of two nodes, in milliseconds: each finds those before it in place. */
const START_EVERY_MS = 50;
/** Time in which all must be connected and have told each other what they listen to, in microseconds. */
const SETTLE_US_MAX = 300_000_000;
/** How often the waiting looks at all nodes, in microseconds. */
const LOOK_US = 500_000;
/** Revocations and logs that are counted or listed of one node. */
const LISTED_MAX = 1_000;
/** Where a home keeps the key of its node. */
const KEY_FILE = join('keys', 'node.key');
/** Heartbeats of gossip that a mesh takes to settle, once everybody knows everybody's topics, in microseconds. */
const MESH_US = 10_000_000;

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly topology: Topology;
  readonly time: Timeline;
  readonly site: Site;
}

/** The topic that heads are gossiped on. */
const topicOf = ({ network }: { readonly network: string }) => `/zerostate/${network}/heads/1`;

/** The machine's clock, or what stands for it, so many milliseconds ahead. */
const skewed = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + Math.round(ms) });

/** Where the nodes of a run are. */
export interface Site {
  /** What node `n` listens to. */
  listen(n: number): string;
  carrier(n: number): Carrier;
}

/** The library keeps its meshes by topic, and does not say so in its types. */
interface Meshed {
  readonly mesh: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The nodes of one run. */
export class Fleet {
  /** Each node as it was opened last. */
  readonly nodes: ZerostateNode[] = [];
  /** Who of them plays what. */
  readonly cast: Cast;
  /** Called with every node that is opened again, before it starts. */
  onOpened: (n: number, node: ZerostateNode) => void = () => {};
  readonly #folder = makeRunFolder();
  readonly #options: FleetOptions;
  /** Nodes that are up and not about to stop. */
  readonly #here = new Set<number>();
  /** What each node that comes and goes is doing: one thing after another. */
  readonly #turns = new Map<number, Promise<void>>();
  #failure: Error | undefined;

  /** The clock of each node, as far off as the scenario has it. */
  readonly #clocks: readonly Clock[];

  constructor(options: FleetOptions) {
    this.#options = options;
    const { scenario, seed, time, topology } = options;
    const openedAt = time.nowUs;
    this.cast = new Cast(scenario, seed, this.nodes, () => time.nowUs - openedAt);
    this.#clocks = Array.from({ length: topology.nodes }, (_, n) =>
      skewed(randomStream(seed, 'clock', n).normal(0, scenario.network.clocks.skewMs)),
    );
  }

  /** Opens and starts every node and waits until the topology stands. */
  async start(): Promise<void> {
    const { time, topology } = this.#options;
    for (let n = 0; n < topology.nodes; n++) {
      const node = await time.through(this.#open(n));
      this.nodes.push(node);
      this.#here.add(n);
      await time.through(node.start());
      await time.pass(time.nowUs + START_EVERY_MS * 1_000);
    }
    const until = time.nowUs + SETTLE_US_MAX;
    while (!this.#stands() && time.nowUs < until) await time.pass(time.nowUs + LOOK_US);
    await time.pass(time.nowUs + MESH_US);
  }

  /** Whether a node is up, with all that it stored. */
  isHere(n: number): boolean {
    return this.#here.has(n);
  }

  /** Stops a node. It is gone from this moment for whoever asks isHere(). */
  goes(n: number): void {
    this.#here.delete(n);
    this.#turn(n, async () => {
      await this.nodes[n]!.stop();
    });
  }

  /** Opens a node again. It is there once it has started. */
  comes(n: number): void {
    this.#turn(n, async () => {
      const node = await this.#open(n);
      this.nodes[n] = node;
      this.onOpened(n, node);
      await node.start();
      this.#here.add(n);
    });
  }

  /** What a node has, for people. */
  inspect(n: number): Readonly<Record<string, unknown>> {
    const { book, config, host, revocations, store } = this.nodes[n]!;
    const logs = store.states().filter(({ size }) => size > 0);
    return {
      role: this.cast.kindOf(n) ?? 'honest',
      peerId: String(host.peerId),
      neighbours: [...this.neighbours(n)],
      connections: host.getConnections().length,
      mesh: (host.services.pubsub as unknown as Meshed).mesh.get(topicOf(config))?.size ?? 0,
      cards: book.size,
      revocations: revocations.list(LISTED_MAX).length,
      logs: logs.slice(0, LISTED_MAX).map(({ origin, size }) => ({ origin, size })),
    };
  }

  /** Neighbours of a node in the topology. */
  neighbours(n: number): Int32Array {
    const { first, to } = this.#options.topology;
    return to.subarray(first[n], first[n + 1]);
  }

  /** Stops every node and removes what they wrote. Throws what went wrong when one came or went. */
  async stop(): Promise<void> {
    const { time } = this.#options;
    try {
      await time.through(Promise.all(this.#turns.values()));
      const up = this.nodes.filter((_, n) => this.#here.has(n));
      await time.through(Promise.all(up.map((node) => node.stop())));
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #turn(n: number, what: () => Promise<void>): void {
    const before = this.#turns.get(n) ?? Promise.resolve();
    this.#turns.set(
      n,
      before.then(what).catch((error: Error) => {
        this.#failure ??= error;
      }),
    );
  }

  /** A stolen key: the second machine has it from the first. */
  #copyKey(from: string, to: string): void {
    mkdirSync(join(to, 'keys'), { recursive: true, mode: 0o700 });
    copyFileSync(join(from, KEY_FILE), join(to, KEY_FILE));
  }

  async #open(n: number): Promise<ZerostateNode> {
    const { scenario, site } = this.#options;
    const { protocol } = scenario;
    const home = join(this.#folder, `n-${n}`);
    const twin = this.cast.twinOf(n);
    if (twin !== undefined) this.#copyKey(join(this.#folder, `n-${twin}`), home);
    const up = [...this.neighbours(n)].filter((other) => this.#here.has(other));
    const node = await openNode({
      home,
      config: completeConfig({
        name: `n-${n}`,
        network: NETWORK,
        region: 'here',
        roles: [n === 0 ? 'boot' : 'edge'],
        listen: [site.listen(n)],
        join: up.slice(0, JOIN_MAX).map((other) => String(this.nodes[other]!.host.getMultiaddrs()[0])),
        nat: false,
        peers: { target: Math.min(64, Math.max(1, this.neighbours(n).length)), max: 256 },
        sync: { intervalSeconds: Math.max(1, Math.round(protocol.antiEntropySeconds)) },
        log: { level: 'silent' },
      }),
      log: createLogger({ level: 'silent', name: `n-${n}` }),
      carrier: site.carrier(n),
      clock: this.#clocks[n]!,
    });
    setGossip(node, protocol);
    this.cast.lay(n, node);
    return node;
  }

  /**
   * True when every edge of the topology is a connection over which both gossip, as honest nodes see it. Two machines with one key are one peer
   * to others, who may speak with one of them only.
   */
  #stands(): boolean {
    return this.nodes.every(({ host, config }, n) => {
      if (!this.cast.isHonest(n)) return true;
      const others = new Set([...this.neighbours(n)].map((other) => String(this.nodes[other]!.host.peerId)));
      return host.services.pubsub.getSubscribers(topicOf(config)).length >= others.size;
    });
  }
}
