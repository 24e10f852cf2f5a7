// The real nodes of a run: opens them and joins them as the topology says. To be imported only once the clock, or the sockets, are what
// the tier wants them to be.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeConfig } from '../../node/config/index.ts';
import { type Carrier, openNode, type ZerostateNode } from '../../node/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import type { Topology } from '../net/topology.ts';
import type { Scenario } from '../scenario/index.ts';
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
/** Heartbeats of gossip that a mesh takes to settle, once everybody knows everybody's topics, in microseconds. */
const MESH_US = 10_000_000;

export interface FleetOptions {
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly time: Timeline;
  readonly site: Site;
}

/** Where the nodes of a run are. */
export interface Site {
  /** What node `n` listens to. */
  listen(n: number): string;
  carrier(n: number): Carrier;
}

/** The nodes of one run. */
export class Fleet {
  readonly nodes: ZerostateNode[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'zerostate-sim-'));
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Opens and starts every node and waits until the topology stands. */
  async start(): Promise<void> {
    const { scenario, time, topology } = this.#options;
    for (let n = 0; n < topology.nodes; n++) {
      const node = await time.through(this.#open(n));
      setGossip(node, scenario.protocol);
      this.nodes.push(node);
      await time.through(node.start());
      await time.pass(time.nowUs + START_EVERY_MS * 1_000);
    }
    const until = time.nowUs + SETTLE_US_MAX;
    while (!this.#stands() && time.nowUs < until) await time.pass(time.nowUs + LOOK_US);
    await time.pass(time.nowUs + MESH_US);
  }

  /** Neighbours of a node in the topology. */
  neighbours(n: number): Int32Array {
    const { first, to } = this.#options.topology;
    return to.subarray(first[n], first[n + 1]);
  }

  /** Stops every node and removes what they wrote. */
  async stop(): Promise<void> {
    const { time } = this.#options;
    await time.through(Promise.all(this.nodes.map((node) => node.stop())));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #open(n: number): Promise<ZerostateNode> {
    const { scenario, site } = this.#options;
    const { protocol } = scenario;
    const earlier = [...this.neighbours(n)].filter((other) => other < n);
    return await openNode({
      home: join(this.#folder, `n-${n}`),
      config: completeConfig({
        name: `n-${n}`,
        network: 'sim',
        region: 'here',
        roles: [n === 0 ? 'boot' : 'edge'],
        listen: [site.listen(n)],
        join: earlier.slice(0, JOIN_MAX).map((other) => String(this.nodes[other]!.host.getMultiaddrs()[0])),
        nat: false,
        peers: { target: Math.min(64, Math.max(1, this.neighbours(n).length)), max: 256 },
        sync: { intervalSeconds: Math.max(1, Math.round(protocol.antiEntropySeconds)) },
        log: { level: 'silent' },
      }),
      log: createLogger({ level: 'silent', name: `n-${n}` }),
      carrier: site.carrier(n),
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
