// Edges of a fleet that run in this process: nodes that nobody can dial, and what a benchmark asks of them. Everything that goes in and out is plain
// data, so that the same can be asked of another process (edge-processes.ts).

import { AsyncLocalStorage } from 'node:async_hooks';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunningNode } from '../../node/index.ts';
import { writeSecretFile } from '../../node/keys/key-file.ts';
import { toBase64 } from '../../protocol/bytes/index.ts';
import { randomStream } from '../../sim/random.ts';
import { TestNodes } from '../support/nodes.ts';
import { keepApartFrom } from '../support/relays.ts';
import { ECHO, serveEcho } from './echo.ts';
import type { PolicyKind } from './policy-kinds.ts';
import { linkPath, type Streamed, streamTo } from './policy-traffic.ts';
import { followStage, placeSockets } from './stage-sockets.ts';

const KEY_BYTES = 32;
/** Records of streams that are read of an edge. */
const RECORDS = 1_024;
const SHARE = 0.99;

/** An edge to be started. */
export interface EdgeOrder {
  /** Its number among the edges. */
  readonly at: number;
  /** What differs from a node of a test. */
  readonly config: Record<string, unknown>;
  /** Peer ids of relays that it never connects to. */
  readonly apart: readonly string[];
}

/** What is asked of edges, by their numbers. */
export interface EdgeHost extends AsyncDisposable {
  /** The process that they run in. */
  readonly pid: number;
  /** Starts one; answers its peer id. */
  start(order: EdgeOrder): Promise<string>;
  /** Relays that it is connected to. */
  exits(at: number): Promise<string[]>;
  /** Whether it has reports of all these relays, and knows one way at least to each of these other edges. */
  knows(at: number, exits: Readonly<Record<string, string[]>>, relays: readonly string[]): Promise<boolean>;
  use(at: number, kind: PolicyKind): Promise<void>;
  /** A new stream to a peer, and one request on it. */
  stream(at: number, to: string): Promise<Streamed>;
  /** The path of the link that it opened to a peer, while that is up. */
  pathTo(at: number, peer: string): Promise<readonly string[] | undefined>;
  /** Whether a link to a peer is up, whoever opened it. */
  linkedWith(at: number, peer: string): Promise<boolean>;
  /** Paths that it has opened since a time of the wall clock. */
  opened(at: number, since: number): Promise<number>;
  /** By how many milliseconds timers of the process were late since it was asked last (p99). */
  lateMs(): Promise<number>;
}

/** Edges at their places on a stage, where there is one. */
export class LocalEdges implements EdgeHost {
  readonly pid = process.pid;
  readonly #seed: number;
  readonly #nodes = new TestNodes();
  readonly #edges = new Map<number, RunningNode>();
  readonly #undo = new DisposableStack();
  /** Which node of the stage something of this process belongs to. */
  readonly #place = new AsyncLocalStorage<number>();
  readonly #relays: number;
  readonly #lag = monitorEventLoopDelay({ resolution: 10 });

  /** `number`: which of the processes with edges this is. `stage`: the file of a stage. */
  constructor({
    number = 0,
    relays,
    seed,
    stage,
  }: {
    readonly relays: number;
    readonly seed: number;
    readonly number?: number;
    readonly stage?: string;
  }) {
    this.#seed = seed;
    this.#relays = relays;
    this.#lag.enable();
    if (stage === undefined) return;
    const { links, network } = this.#undo.use(followStage(stage));
    const random = randomStream(seed, 'wire', 'edges', String(number));
    this.#undo.use(placeSockets({ network, links, here: () => this.#place.getStore(), random }));
  }

  async start({ apart, at, config }: EdgeOrder): Promise<string> {
    const name = `edge-${at}`;
    await giveKey(this.#nodes.home(name), this.#seed, name);
    const edge = await this.#here(at, () => this.#nodes.start(name, config));
    // Gossip and DHT dial whom they like, and would make every path one of a single relay.
    await keepApartFrom(edge, apart);
    await serveEcho(edge.node);
    this.#edges.set(at, edge);
    return edge.node.peerId;
  }

  async exits(at: number): Promise<string[]> {
    return this.#routing(at)
      .relays()
      .filter(({ connected }) => connected)
      .map(({ entry }) => entry.peerId);
  }

  async knows(
    at: number,
    exits: Readonly<Record<string, string[]>>,
    relays: readonly string[],
  ): Promise<boolean> {
    const { directory, peerId, routing } = this.#node(at);
    const reporting = new Set(routing.reports().map(({ author }) => author));
    if (!relays.every((id) => reporting.has(id))) return false;
    return Object.entries(exits).every(([peer, own]) => {
      const said = directory.get(peer)?.links.map((link) => link.peer) ?? [];
      return peer === peerId || own.some((relay) => said.includes(relay));
    });
  }

  async use(at: number, { policy, races }: PolicyKind): Promise<void> {
    await this.#routing(at).usePolicy(policy, races);
  }

  async stream(at: number, to: string): Promise<Streamed> {
    return await this.#here(at, () => streamTo(this.#node(at), to, ECHO));
  }

  async pathTo(at: number, peer: string): Promise<readonly string[] | undefined> {
    return linkPath(this.#node(at), peer);
  }

  async linkedWith(at: number, peer: string): Promise<boolean> {
    return this.#routing(at)
      .links()
      .some((link) => link.peer === peer);
  }

  async opened(at: number, since: number): Promise<number> {
    const { peerId, routing } = this.#node(at);
    return routing.streams(RECORDS).filter(({ from, startedAt }) => from === peerId && startedAt >= since)
      .length;
  }

  async lateMs(): Promise<number> {
    const late = Math.round(this.#lag.percentile(100 * SHARE) / 1e6);
    this.#lag.reset();
    return late;
  }

  #node(at: number): RunningNode['node'] {
    return this.#edges.get(at)!.node;
  }

  #routing(at: number): RunningNode['node']['routing'] {
    return this.#node(at).routing;
  }

  /** Does something at the place of an edge: what connects because of it does so from there. */
  #here<T>(at: number, work: () => T): T {
    return this.#place.run(this.#relays + at, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lag.disable();
    await this.#nodes[Symbol.asyncDispose]();
    this.#undo.dispose();
  }
}

/** Gives a node that has never run the key that its name and a seed make. Worth nothing outside of a benchmark. */
export async function giveKey(home: string, seed: number, name: string): Promise<void> {
  const key = randomStream(seed, 'fleet key', name).bytes(KEY_BYTES);
  await writeSecretFile(join(home, 'keys', 'node.key'), `${toBase64(key)}\n`);
}
