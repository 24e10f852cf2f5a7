// Relays, each a process of its own on links that a file describes, and edges in this process that nobody can dial. All of them choose routes by
// one policy, which changes while they run, so that every policy meets the same fleet on the same day. Keys follow from the seed, and what is
// ordered by them: two runs of one seed have the same fleet.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ZerostateClient } from '../../node/client/index.ts';
import type { RunningNode } from '../../node/index.ts';
import { writeSecretFile } from '../../node/keys/key-file.ts';
import { toBase64 } from '../../protocol/bytes/index.ts';
import { randomStream } from '../../sim/random.ts';
import { FAR, homesOf, NEAR, STAGE_REGIONS } from '../../sim/stage/stage.ts';
import type { Link } from '../fleet/link.ts';
import { type StartedNode, startNode } from '../support/cli.ts';
import type { Lies } from '../support/lying-relay.ts';
import { TestNodes } from '../support/nodes.ts';
import { keepApartFrom } from '../support/relays.ts';
import type { PolicyKind } from './policy-kinds.ts';
import type { PolicyStage } from './policy-stage.ts';
import { waitFor } from './relay-rig.ts';

/** libp2p protocol of the streams that are measured. */
export const ECHO = '/bench/echo';
const PRELOAD = pathToFileURL(join(import.meta.dirname, 'relay-process.ts')).href;
const SETTLE_MS_MAX = 90_000;
/** Relays, and edges, that start at once: they wait for each other and for the network most of the time. */
const RELAYS_AT_ONCE = 6;
const EDGES_AT_ONCE = 8;
/** Edges read the logs of others this seldom: they are asked for nothing here. */
const SYNC_SECONDS = 600;
const KEY_BYTES = 32;

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

/** The fleet. Ends with `await using`. */
export class PolicyFleet implements AsyncDisposable {
  readonly #folder: string;
  readonly #seed: number;
  readonly #stage: PolicyStage | undefined;
  readonly #calm: Link;
  readonly #nodes = new TestNodes();
  readonly #relays: Relay[] = [];
  readonly #edges: RunningNode[] = [];
  readonly #dead = new Set<number>();

  private constructor(folder: string, { seed, stage }: Fleet, calm: Link) {
    this.#folder = folder;
    this.#seed = seed;
    this.#stage = stage;
    this.#calm = calm;
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

  get edges(): readonly RunningNode[] {
    return this.#edges;
  }

  relayId(at: number): string {
    return this.#relays[at]!.process.info.peerId;
  }

  /** Does something at the place of an edge. */
  at<T>(edge: number, work: () => T): T {
    return this.#stage === undefined ? work() : this.#stage.atEdge(edge, work);
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
    const name = `edge-${at}`;
    await giveKey(this.#nodes.home(name), this.#seed, name);
    const config = {
      listen: [],
      region: STAGE_REGIONS[(at % this.#relays.length) % STAGE_REGIONS.length]!,
      join: [relay.process.info.addresses[0]!],
      peers: { target: 2 },
      sync: { intervalSeconds: SYNC_SECONDS },
      relay: { near: NEAR, far: FAR, ...(this.#stage === undefined ? {} : { policy: this.#stage.policy }) },
    };
    const edge = await this.at(at, () => this.#nodes.start(name, config));
    // Gossip and DHT dial whom they like, and would make every path one of a single relay.
    const own = homesOf(at, this.#relays.length);
    const others = this.#relays.map((_, relay) => relay).filter((relay) => !own.includes(relay));
    await keepApartFrom(
      edge,
      others.map((relay) => this.relayId(relay)),
    );
    await edge.node.host.handle(
      ECHO,
      (stream) => {
        stream.addEventListener('message', ({ data }) => stream.send(data));
      },
      { runOnLimitedConnection: true },
    );
    this.#edges[at] = edge;
  }

  /** Waits until every edge keeps as many relays as it wants, and every other edge knows which. */
  async settled(): Promise<void> {
    const alive = new Set(this.#relays.map((_, at) => at).filter((at) => !this.#dead.has(at)));
    const ids = new Set([...alive].map((at) => this.relayId(at)));
    const exitsOf = ({ node }: RunningNode) =>
      node.routing
        .relays()
        .filter(({ connected }) => connected)
        .map(({ entry }) => entry.peerId);
    await waitFor(() => {
      const exits = new Map(this.#edges.map((edge) => [edge.node.peerId, exitsOf(edge)]));
      return this.#edges.every(({ node }) => {
        const own = exits.get(node.peerId)!;
        const reporting = new Set(node.routing.reports().map(({ author }) => author));
        return (
          own.length >= NEAR + FAR &&
          [...ids].every((id) => reporting.has(id)) &&
          [...exits].every(([peer, relays]) => {
            const said = node.directory.get(peer)?.links.map((link) => link.peer) ?? [];
            return peer === node.peerId || relays.some((relay) => said.includes(relay));
          })
        );
      });
    }, SETTLE_MS_MAX);
  }

  /** Routes are chosen by this policy from now on, by all that run: whoever revives one that is dead calls this again. */
  async use({ policy, races }: PolicyKind): Promise<void> {
    const alive = [...this.#relays.keys()].filter((at) => !this.#dead.has(at));
    await Promise.all([
      ...alive.map((at) => this.client(at).call('routing.policy', { body: { policy } })),
      ...this.#edges.map(({ node }) => node.routing.usePolicy(policy, races)),
    ]);
  }

  /** Seconds of processor time that relays, and edges with their callers, have taken so far. Relays: where /proc says it. */
  processorSeconds(): { readonly relays: number; readonly edges: number } {
    const { system, user } = process.cpuUsage();
    const relays = this.#relays.map((relay) => secondsOf(relay.process.pid));
    return { relays: relays.reduce((sum, one) => sum + one, 0), edges: (system + user) / 1e6 };
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
    await this.#nodes[Symbol.asyncDispose]();
    await Promise.all(this.#relays.map(({ process }) => process.kill()));
  }
}

/** Gives a node that has never run the key that its name and a seed make. Worth nothing outside of a benchmark. */
async function giveKey(home: string, seed: number, name: string): Promise<void> {
  const key = randomStream(seed, 'fleet key', name).bytes(KEY_BYTES);
  await writeSecretFile(join(home, 'keys', 'node.key'), `${toBase64(key)}\n`);
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
