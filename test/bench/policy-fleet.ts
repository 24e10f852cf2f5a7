// Relays, each a process of its own on links that a file describes, and edges that nobody can dial: a few in this process, more of them in others. All of them choose routes by
// one policy, which changes while they run, so that every policy meets the same fleet on the same day. Keys follow from the seed, and what is
// ordered by them: two runs of one seed have the same fleet.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ZerostateClient } from '../../node/client/index.ts';
import { FAR, homesOf, NEAR, STAGE_REGIONS } from '../../sim/stage/stage.ts';
import type { Link } from '../fleet/link.ts';
import { type StartedNode, startNode } from '../support/cli.ts';
import type { Lies } from '../support/lying-relay.ts';
import { type EdgeHost, giveKey, LocalEdges } from './edge-host.ts';
import { RemoteEdges } from './edge-processes.ts';
import type { PolicyKind } from './policy-kinds.ts';
import type { PolicyStage } from './policy-stage.ts';
import { type Outcome, outcomeOf } from './policy-traffic.ts';
import { waitFor } from './relay-rig.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'relay-process.ts')).href;
const SETTLE_MS_MAX = 90_000;
/** Relays, and edges, that start at once: they wait for each other and for the network most of the time. */
const RELAYS_AT_ONCE = 6;
const EDGES_AT_ONCE = 8;
/** Edges read the logs of others this seldom: they are asked for nothing here. */
const SYNC_SECONDS = 600;
/** Edges of one process: more of them on one thread make each other late. */
const EDGES_OF_PROCESS_MAX = 12;

/** What a fleet is made from. */
interface Fleet {
  readonly relays: number;
  readonly edges: number;
  readonly seed: number;
  /** Present: everybody stands there, and routes by its policy from the start. Else all links are alike. */
  readonly stage?: PolicyStage;
}

interface Relay {
  readonly home: string;
  readonly args: readonly string[];
  readonly files: { readonly link: string; readonly lies: string };
  process: StartedNode;
}

/** One edge, wherever it runs. */
export class FleetEdge {
  readonly name: string;
  readonly peerId: string;
  readonly #host: EdgeHost;
  readonly #at: number;

  constructor(host: EdgeHost, at: number, peerId: string) {
    this.name = `edge-${at}`;
    this.peerId = peerId;
    this.#host = host;
    this.#at = at;
  }

  exits = (): Promise<string[]> => this.#host.exits(this.#at);
  knows = (exits: Readonly<Record<string, string[]>>, relays: readonly string[]): Promise<boolean> =>
    this.#host.knows(this.#at, exits, relays);
  use = (kind: PolicyKind): Promise<void> => this.#host.use(this.#at, kind);
  linkedWith = ({ peerId }: FleetEdge): Promise<boolean> => this.#host.linkedWith(this.#at, peerId);
  /** Paths that it has opened since a time of the wall clock. */
  opened = (since: number): Promise<number> => this.#host.opened(this.#at, since);

  /** A new stream to another, and one request on it. */
  async call(to: FleetEdge): Promise<Outcome> {
    const before =
      (await this.#host.pathTo(this.#at, to.peerId)) ?? (await to.#host.pathTo(to.#at, this.peerId));
    return outcomeOf(await this.#host.stream(this.#at, to.peerId), before);
  }
}

/** The fleet. Ends with `await using`. */
export class PolicyFleet implements AsyncDisposable {
  readonly #folder: string;
  readonly #seed: number;
  readonly #stage: PolicyStage | undefined;
  readonly #calm: Link;
  readonly #hosts: readonly EdgeHost[];
  readonly #relays: Relay[] = [];
  readonly #edges: FleetEdge[] = [];
  readonly #dead = new Set<number>();

  private constructor(folder: string, { edges, relays, seed, stage }: Fleet, calm: Link) {
    this.#folder = folder;
    this.#seed = seed;
    this.#stage = stage;
    this.#calm = calm;
    const made = { relays, seed, ...(stage === undefined ? {} : { stage: stage.path }) };
    const count = Math.ceil(edges / EDGES_OF_PROCESS_MAX);
    this.#hosts =
      count === 1
        ? [new LocalEdges(made)]
        : Array.from({ length: count }, (_, number) => new RemoteEdges({ ...made, number }));
  }

  /** Starts relays and edges, and waits until everybody knows how to reach everybody. */
  static async start(
    folder: string,
    counts: Fleet,
    calm: Link,
    note: (text: string) => void,
  ): Promise<PolicyFleet> {
    const fleet = new PolicyFleet(folder, counts, calm);
    try {
      await fleet.#startRelay(0);
      await inBatches(1, counts.relays, RELAYS_AT_ONCE, (at) => fleet.#startRelay(at));
      note(`${counts.relays} relays run`);
      await inBatches(0, counts.edges, EDGES_AT_ONCE, (at) => fleet.#startEdge(at));
      note(`${counts.edges} edges run`);
      await fleet.settled();
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  get edges(): readonly FleetEdge[] {
    return this.#edges;
  }

  relayId(at: number): string {
    return this.#relays[at]!.process.info.peerId;
  }

  client(at: number): ZerostateClient {
    const { home, process } = this.#relays[at]!;
    return new ZerostateClient({
      url: process.info.api,
      token: readFileSync(join(home, 'api-token'), 'utf8').trim(),
    });
  }

  async #startRelay(at: number): Promise<void> {
    const home = join(this.#folder, `relay-${at}`);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    await giveKey(home, this.#seed, `relay-${at}`);
    const files = { link: join(this.#folder, `link-${at}`), lies: join(this.#folder, `lies-${at}`) };
    writeFileSync(files.link, JSON.stringify(this.#calm));
    writeFileSync(files.lies, '{}');
    const listen = this.#stage?.relay(at).listen ?? '/ip4/127.0.0.1/tcp/0';
    const region = STAGE_REGIONS[at % STAGE_REGIONS.length]!;
    const args = [
      ...['--home', home, '--name', `relay-${at}`, '--network', 'test', '--roles', 'boot', 'relay'],
      ...['--region', region, '--api-port', '0', '--listen', listen],
      ...(at === 0 ? [] : ['--join', this.#relays[0]!.process.info.addresses[0]!]),
    ];
    this.#relays[at] = { home, args, files, process: await this.#run(at, args, files) };
  }

  #run(at: number, args: readonly string[], files: Relay['files']): Promise<StartedNode> {
    const { env, preload = PRELOAD } = this.#stage?.relay(at) ?? {};
    const own = { LINK_FILE: files.link, LIES_FILE: files.lies, LINK_SEED: String(this.#seed + at) };
    return startNode(args, { preload, env: { ...own, ...env } });
  }

  async #startEdge(at: number): Promise<void> {
    const relay = this.#relays[at % this.#relays.length]!;
    const config = {
      listen: [],
      region: STAGE_REGIONS[(at % this.#relays.length) % STAGE_REGIONS.length]!,
      join: [relay.process.info.addresses[0]!],
      peers: { target: 2 },
      sync: { intervalSeconds: SYNC_SECONDS },
      relay: { near: NEAR, far: FAR, ...(this.#stage === undefined ? {} : { policy: this.#stage.policy }) },
    };
    const own = homesOf(at, this.#relays.length);
    const others = this.#relays.map((_, relay) => relay).filter((relay) => !own.includes(relay));
    const host = this.#hosts[at % this.#hosts.length]!;
    const apart = others.map((relay) => this.relayId(relay));
    this.#edges[at] = new FleetEdge(host, at, await host.start({ at, config, apart }));
  }

  /** Waits until every edge keeps as many relays as it wants, and every other edge knows which. */
  async settled(): Promise<void> {
    const alive = [...this.#relays.keys()].filter((at) => !this.#dead.has(at)).map((at) => this.relayId(at));
    await waitFor(async () => {
      const exits: Record<string, string[]> = {};
      for (const edge of this.#edges) exits[edge.peerId] = await edge.exits();
      if (Object.values(exits).some((own) => own.length < NEAR + FAR)) return false;
      for (const edge of this.#edges) if (!(await edge.knows(exits, alive))) return false;
      return true;
    }, SETTLE_MS_MAX);
  }

  /** Routes are chosen by this policy from now on, by all that run: whoever revives one that is dead calls this again. */
  async use(kind: PolicyKind): Promise<void> {
    const alive = [...this.#relays.keys()].filter((at) => !this.#dead.has(at));
    await Promise.all([
      ...alive.map((at) => this.client(at).call('routing.policy', { body: { policy: kind.policy } })),
      ...this.#edges.map((edge) => edge.use(kind)),
    ]);
  }

  /** Seconds of processor time that relays, and edges with their callers, have taken so far, where /proc says it. */
  processorSeconds(): { readonly relays: number; readonly edges: number } {
    const sum = (pids: readonly number[]) => pids.map(secondsOf).reduce((total, one) => total + one, 0);
    const edges = new Set([process.pid, ...this.#hosts.map(({ pid }) => pid)]);
    return { relays: sum(this.#relays.map((relay) => relay.process.pid)), edges: sum([...edges]) };
  }

  /** By how many milliseconds timers of the edges were late since this was asked last (p99 of the process that was worst). */
  async lateMs(): Promise<number> {
    return Math.max(...(await Promise.all(this.#hosts.map((host) => host.lateMs()))));
  }

  /** Changes the links of a relay; without any they are well. */
  link(at: number, link?: Link): void {
    this.#stage?.link(at, link);
    writeFileSync(this.#relays[at]!.files.link, JSON.stringify(link ?? this.#calm));
  }

  /** Makes a relay lie, or be honest. */
  lies(at: number, lies: Lies = {}): void {
    writeFileSync(this.#relays[at]!.files.lies, JSON.stringify(lies));
  }

  async kill(at: number): Promise<void> {
    this.#dead.add(at);
    await this.#relays[at]!.process.kill();
  }

  /** Starts a relay that was killed, on its data and at the address that it had. */
  async revive(at: number): Promise<void> {
    const relay = this.#relays[at]!;
    const listen = relay.process.info.addresses[0]!.replace(/\/p2p\/.*$/, '');
    const args = relay.args.with(relay.args.indexOf('--listen') + 1, listen);
    relay.process = await this.#run(at, args, relay.files);
    this.#dead.delete(at);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host[Symbol.asyncDispose]()));
    await Promise.all(this.#relays.map(({ process }) => process.kill()));
  }
}

/** Processor time of a process; 0 where the system does not say. */
function secondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    // User and system time, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Does something for every number from `from` to below `to`, some at once. */
async function inBatches(
  from: number,
  to: number,
  atOnce: number,
  start: (at: number) => Promise<void>,
): Promise<void> {
  for (let first = from; first < to; first += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, to - first) }, (_, n) => start(first + n)));
}
