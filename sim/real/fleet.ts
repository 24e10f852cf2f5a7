// Real nodes on the simulated wire: opens them, joins them as the topology says, and notes what arrives. To be imported only once the
// globals are replaced.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plaintext } from '@libp2p/plaintext';
import { completeConfig } from '../../node/config/index.ts';
import { openNode, type ZerostateNode } from '../../node/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import type { Topology } from '../net/topology.ts';
import type { Scenario } from '../scenario/index.ts';
import { addressOfHost, SimulatedNetwork } from './transport.ts';
import type { ReliableWire } from './wire.ts';
import type { World } from './world.ts';

/** Between the starts of two nodes, in virtual milliseconds: each finds those before it in place. */
const START_EVERY_MS = 50;
/** Virtual time in which all must be connected and have told each other what they listen to, in microseconds. */
const SETTLE_US_MAX = 300_000_000;
/** How often the waiting looks at all nodes, in virtual microseconds. */
const LOOK_US = 500_000;
/** Heartbeats of gossip that a mesh takes to settle, once everybody knows everybody's topics, in virtual microseconds. */
const MESH_US = 10_000_000;

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly world: World;
  readonly wire: ReliableWire;
  readonly onPiece: (from: number, to: number, bytes: number) => void;
}

/** The nodes of one run. */
export class Fleet {
  readonly nodes: ZerostateNode[] = [];
  readonly network: SimulatedNetwork;
  readonly #folder = mkdtempSync(join(tmpdir(), 'zerostate-sim-'));
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.network = new SimulatedNetwork(options.world, options.wire, options.onPiece);
  }

  /** Opens and starts every node and waits until the topology stands. */
  async start(): Promise<void> {
    const { topology, world } = this.#options;
    for (let n = 0; n < topology.nodes; n++) {
      const node = await world.through(this.#open(n));
      this.nodes.push(node);
      await world.through(node.start());
      await world.run(world.loop.now + START_EVERY_MS * 1_000);
    }
    const until = world.loop.now + SETTLE_US_MAX;
    while (!this.#stands() && world.loop.now < until) await world.run(world.loop.now + LOOK_US);
    await world.run(world.loop.now + MESH_US);
  }

  /** Neighbours of a node in the topology. */
  neighbours(n: number): Int32Array {
    const { first, to } = this.#options.topology;
    return to.subarray(first[n], first[n + 1]);
  }

  /** Stops every node and removes what they wrote. */
  async stop(): Promise<void> {
    const { world } = this.#options;
    await world.through(Promise.all(this.nodes.map((node) => node.stop())));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(n: number): Promise<ZerostateNode> {
    const { protocol } = this.#options.scenario;
    const earlier = [...this.neighbours(n)].filter((other) => other < n);
    return await openNode({
      home: join(this.#folder, `n-${n}`),
      config: completeConfig({
        name: `n-${n}`,
        network: 'sim',
        region: 'here',
        roles: [n === 0 ? 'boot' : 'edge'],
        listen: [addressOfHost(n)],
        join: earlier.slice(0, 32).map((other) => `${addressOfHost(other)}/p2p/${this.nodes[other]!.peerId}`),
        nat: false,
        peers: { target: Math.min(64, Math.max(1, this.neighbours(n).length)), max: 256 },
        sync: { intervalSeconds: Math.max(1, Math.round(protocol.antiEntropySeconds)) },
        log: { level: 'silent' },
      }),
      log: createLogger({ level: 'silent', name: `n-${n}` }),
      carrier: { transports: [this.network.transport(n)], encrypters: [plaintext()] },
    });
  }

  /** True when every edge of the topology is a connection over which both gossip. */
  #stands(): boolean {
    return this.nodes.every(({ host, config }, n) => {
      const topic = `/zerostate/${config.network}/heads/1`;
      return host.services.pubsub.getSubscribers(topic).length >= this.neighbours(n).length;
    });
  }
}
