// Relays and edges under virtual time: whole nodes, with their databases and all that they say to each other, on a simulated clock and wire. What
// takes so long here takes as long on any machine. To be imported once the globals of this process are replaced.

import { join } from 'node:path';
import { plaintext } from '@libp2p/plaintext';
import { completeConfig } from '../../node/config/index.ts';
import { openNode, type ZerostateNode } from '../../node/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import type { PolicyName } from '../../protocol/routing/index.ts';
import { randomStream } from '../../sim/random.ts';
import type { SimulatedWire } from '../../sim/real/connection.ts';
import { addressOfHost, SimulatedNetwork } from '../../sim/real/transport.ts';
import type { World } from '../../sim/real/world.ts';
import { FAR, NEAR, regionOf, type StageNetwork, stageNetwork } from '../../sim/stage/stage.ts';
import { StageWire } from '../../sim/stage/stage-wire.ts';
import type { Lies } from '../support/lying-relay.ts';
import { lieAt } from '../support/lying-relay-node.ts';
import { keepApartFrom } from '../support/relays.ts';
import { serveEcho } from './echo.ts';

const US = 1_000;
const START_EVERY_US = 50_000;
const SETTLE_US_MAX = 300_000_000;
const LOOK_US = 500_000;
/** Edges read the logs of others this seldom: they are asked for nothing here. */
const SYNC_SECONDS = 600;

/** The stage's wire under virtual time. */
export class FaultyWire extends StageWire implements SimulatedWire {
  constructor(network: StageNetwork, seed: number) {
    super(
      network,
      Array.from({ length: network.count }, (_, n) => randomStream(seed, 'wire', n)),
    );
  }

  reaches(): boolean {
    return true;
  }

  /** How long what is sent now takes to arrive, in microseconds; Infinity when it never does. */
  delay(from: number, to: number): number {
    return Math.round(this.delayMs(from, to) * US);
  }
}

export interface VirtualFleetOptions {
  readonly folder: string;
  readonly world: World;
  readonly seed: number;
  readonly relays: number;
  readonly edges: number;
  readonly policy: PolicyName;
}

/** The fleet. */
export class VirtualFleet {
  readonly #options: VirtualFleetOptions;
  readonly #net: StageNetwork;
  readonly wire: FaultyWire;
  readonly #network: SimulatedNetwork;
  readonly #nodes: ZerostateNode[] = [];
  readonly #lies: Lies[] = [];

  constructor(options: VirtualFleetOptions) {
    const { seed, world } = options;
    this.#options = options;
    this.#net = stageNetwork(options, seed);
    this.wire = new FaultyWire(this.#net, seed);
    this.#network = new SimulatedNetwork(world, this.wire);
  }

  get edges(): readonly { readonly node: ZerostateNode }[] {
    return this.#nodes.slice(this.#options.relays).map((node) => ({ node }));
  }

  get relays(): readonly ZerostateNode[] {
    return this.#nodes.slice(0, this.#options.relays);
  }

  /** Starts everybody, and waits until each edge can reach each other. Throws when that takes too long. */
  async start(): Promise<void> {
    const { edges, relays, world } = this.#options;
    for (let n = 0; n < relays + edges; n++) {
      await world.through(n < relays ? this.#startRelay(n) : this.#startEdge(n));
      await world.run(world.nowUs + START_EVERY_US);
    }
    const until = world.nowUs + SETTLE_US_MAX;
    while (!this.#settled()) {
      if (world.nowUs > until) throw new Error('the fleet did not settle');
      await world.run(world.nowUs + LOOK_US);
    }
  }

  lies(relay: number, lies: Lies): void {
    this.#lies[relay] = lies;
  }

  /** What a kill of its process does: the connections are reset, and nothing more comes from it. */
  kill(relay: number): void {
    const { world } = this.#options;
    const peerId = this.#nodes[relay]!.host.peerId;
    this.wire.kill(relay);
    for (const [n, { host }] of this.#nodes.entries())
      for (const connection of n === relay ? [] : host.getConnections(peerId))
        if (connection.limits === undefined)
          world.after(this.#net.delay(relay, n), () => connection.abort(new Error('reset by the other end')));
    this.#network.listeners.delete(relay);
  }

  async #startRelay(n: number): Promise<void> {
    const node = await this.#open(n, {
      roles: ['boot', 'relay'],
      listen: [addressOfHost(n)],
      join: n === 0 ? [] : [this.#address(0)],
    });
    this.#lies[n] = {};
    const chance = randomStream(this.#options.seed, 'lies', n);
    lieAt(
      node,
      () => this.#lies[n]!,
      () => chance.unit(),
    );
    await node.start();
  }

  async #startEdge(n: number): Promise<void> {
    const own = this.#net.homes[n]!;
    const node = await this.#open(n, {
      roles: ['edge'],
      listen: [],
      join: own.slice(0, 1).map((relay) => this.#address(relay)),
      peers: { target: 2 },
      sync: { intervalSeconds: SYNC_SECONDS },
      relay: { near: NEAR, far: FAR, policy: this.#options.policy },
    });
    await node.start();
    // Gossip and DHT dial whom they like, and would make every path one of a single relay.
    const others = this.relays.filter((_, relay) => !own.includes(relay));
    await keepApartFrom({ node } as never, others.map(({ peerId }) => peerId)); // biome-ignore format: one call
    await serveEcho(node);
  }

  #address(n: number): string {
    return `${addressOfHost(n)}/p2p/${this.#nodes[n]!.peerId}`;
  }

  async #open(n: number, config: Record<string, unknown>): Promise<ZerostateNode> {
    const { folder, policy } = this.#options;
    const name = `n-${n}`;
    const node = await openNode({
      home: join(folder, name),
      config: completeConfig({
        name,
        network: 'test',
        region: regionOf(this.#net, n),
        nat: false,
        log: { level: 'silent' },
        relay: { policy },
        ...config,
      }),
      log: createLogger({ level: 'silent', name }),
      carrier: { transports: [this.#network.transport(n)], encrypters: [plaintext()] },
    });
    this.#nodes[n] = node;
    return node;
  }

  /** Does every edge keep as many relays as it wants, and does every other edge know which? */
  #settled(): boolean {
    const edges = this.#nodes.slice(this.#options.relays);
    const exits = new Map(
      edges.map(({ peerId, routing }) => [
        peerId,
        routing.relays().filter(({ connected }) => connected).map(({ entry }) => entry.peerId), // biome-ignore format: one list
      ]),
    );
    return edges.every((node) => {
      const reporting = new Set(node.routing.reports().map(({ author }) => author));
      return (
        exits.get(node.peerId)!.length >= NEAR + FAR &&
        this.relays.every(({ peerId }) => reporting.has(peerId)) &&
        [...exits].every(([peer, relays]) => {
          const said = node.directory.get(peer)?.links.map((link) => link.peer) ?? [];
          return peer === node.peerId || relays.some((relay) => said.includes(relay));
        })
      );
    });
  }
}
