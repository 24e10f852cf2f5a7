// A fleet of real nodes in several processes on this machine, for what one event loop cannot show. Starts them one a process at a time.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FleetHost, type HostOptions } from './fleet-host.ts';
import type { Link } from './link.ts';
import type { NodeStanding, OrderName, Orders } from './orders.ts';

const SETTLE_MS_MAX = 90_000;
/** Peers that gossip with each node once the fleet counts as settled. */
const MESHED_MIN = 4;
/** Pause between two looks at all nodes, at least; to look is work for every one of them. */
const LOOK_MS = 250;
const LOOK_MS_PER_NODE = 20;

/** Where a host is, when it is not on loopback. */
export interface Place {
  readonly namespace: string;
  readonly address: string;
}

export interface FleetOptions {
  readonly nodes: number;
  /** Processes that share the nodes. */
  readonly hosts: number;
  readonly link?: Link;
  /** Of every node. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of each host, in order. */
  readonly places?: readonly Place[];
  /** Of single nodes, by name: on top of that of every node. */
  readonly configs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly hostOptions?: HostOptions;
  /** The first processes, so many of them, have one node each. */
  readonly alone?: number;
  /** Of these processes, on top of those of all. */
  readonly aloneOptions?: HostOptions;
}

/** Numbers of the nodes of a process: the first have one each where they are alone, the rest share what is left in turns. */
function numbersOf(at: number, { alone = 0, hosts, nodes }: FleetOptions): number[] {
  if (at < alone) return [at];
  const turn = hosts - alone;
  return Array.from({ length: Math.ceil((nodes - at) / turn) }, (_, n) => at + n * turn);
}

/** A fleet. Ends with `await using`. */
export class Fleet {
  readonly #folder = mkdtempSync(join(tmpdir(), 'zerostate-fleet-'));
  readonly #options: FleetOptions;
  readonly #hostOf = new Map<string, FleetHost>();
  readonly #addresses = new Map<string, string>();
  /** What is done last to each process: one restart at a time, also where whoever asked for the one before no longer waits for it. */
  readonly #restarts = new Map<number, Promise<unknown>>();
  readonly hosts: FleetHost[] = [];

  private constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Starts the processes and their nodes, and waits until gossip can reach everybody. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      for (let at = 0; at < options.hosts; at++)
        await fleet.addHost(at < (options.alone ?? 0) ? options.aloneOptions : {});
      await fleet.startNode('n-0', 0, { roles: ['boot'] });
      // A start is work for the processor: one node a process at a time, so that they do not all wait for each other.
      await Promise.all(
        fleet.hosts.map(async (_, at) => {
          for (const n of numbersOf(at, options)) if (n > 0) await fleet.startNode(`n-${n}`, at);
        }),
      );
      const least = Math.min(MESHED_MIN, options.nodes - 1);
      await fleet.until((all) => all.every(({ meshed }) => meshed >= least), SETTLE_MS_MAX);
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Names of the nodes that run. */
  get names(): string[] {
    return [...this.#hostOf.keys()];
  }

  /** Starts one more process; answers its number. Without anti-entropy its nodes know only what gossip brings. */
  async addHost(options: { antiEntropy?: boolean } & HostOptions = {}): Promise<number> {
    const at = this.hosts.length;
    this.hosts.push(await this.#makeHost(at, options));
    return at;
  }

  async #makeHost(at: number, options: { antiEntropy?: boolean } & HostOptions = {}): Promise<FleetHost> {
    const { hostOptions, link, places } = this.#options;
    const { antiEntropy, ...rest } = options;
    const host = new FleetHost(places?.[at]?.namespace, { ...hostOptions, ...rest });
    await host.ready;
    await host.do('prepare', {
      folder: this.#folder,
      seed: at,
      ...(link === undefined ? {} : { link }),
      ...(antiEntropy === undefined ? {} : { antiEntropy }),
    });
    return host;
  }

  /** Names of the nodes that have started, and whose process lives. */
  get living(): string[] {
    return [...this.#hostOf]
      .filter(([name, host]) => !host.isOver && this.#addresses.has(name))
      .map(([name]) => name);
  }

  /** Names of the nodes of a process. */
  namesOf(at: number): string[] {
    return [...this.#hostOf].filter(([, host]) => host === this.hosts[at]).map(([name]) => name);
  }

  /**
   * Ends a process, in order or by a kill, and starts its nodes again on their data in a new one. Throws the first error of a node that did not
   * start, after the others have: it is then one of that process all the same, so that `revive` can try it again. Answers whether the old one
   * ended as it was told; one that was told to end and did not was killed.
   */
  async replaceHost(
    at: number,
    how: 'end' | 'kill',
    options: HostOptions = {},
    pauseMs = 0,
  ): Promise<boolean> {
    return await this.#alone(at, () => this.#replace(at, how, options, pauseMs));
  }

  async #alone<T>(at: number, work: () => Promise<T>): Promise<T> {
    const before = this.#restarts.get(at);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return await work();
    })();
    this.#restarts.set(at, mine);
    return await mine;
  }

  async #replace(at: number, how: 'end' | 'kill', options: HostOptions, pauseMs: number): Promise<boolean> {
    const names = this.namesOf(at);
    const asTold = (await this.hosts[at]![how]()) ?? true;
    for (const name of names) this.#addresses.delete(name);
    await delay(pauseMs);
    const host = await this.#makeHost(at, options);
    this.hosts[at] = host;
    for (const name of names) this.#hostOf.set(name, host);
    await this.#startAll(names, at);
    return asTold;
  }

  /** Starts those nodes of a process again that do not run in it. Throws the first error after all were tried. */
  async revive(at: number): Promise<void> {
    await this.#alone(at, async () => {
      const there = new Set((await this.hosts[at]!.do('standing', null)).map(({ name }) => name));
      await this.#startAll(
        this.namesOf(at).filter((name) => !there.has(name)),
        at,
      );
    });
  }

  async #startAll(names: readonly string[], at: number): Promise<void> {
    const errors: unknown[] = [];
    for (const name of names) await this.startNode(name, at).catch((error) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }

  /** Starts a node, or starts it again on its data: it joins through the first one and one other. */
  async startNode(
    name: string,
    at: number,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<NodeStanding> {
    const host = this.hosts[at]!;
    const known = [...this.#addresses].filter(([other]) => other !== name).map(([, address]) => address);
    const join = [...new Set([known[0], known.at(-1)])].filter((address) => address !== undefined);
    const { places, config: common, configs } = this.#options;
    const place = places?.[at];
    const started = await host.do('start', {
      name,
      config: {
        ...(place === undefined ? {} : { listen: [`/ip4/${place.address}/tcp/0`] }),
        join,
        ...common,
        ...config,
        ...configs?.[name],
      },
    });
    this.#hostOf.set(name, host);
    this.#addresses.set(name, started.address);
    return started;
  }

  /** Stops a node; answers the number of its process, where its data is. */
  async stopNode(name: string): Promise<number> {
    const at = this.hosts.indexOf(this.#hostOf.get(name)!);
    await this.on(name, 'stop', { name });
    this.#hostOf.delete(name);
    this.#addresses.delete(name);
    return at;
  }

  /** Orders something of the host that has a node. */
  async on<K extends OrderName>(name: string, order: K, body: Orders[K][0]): Promise<Orders[K][1]> {
    const host = this.#hostOf.get(name);
    if (host === undefined) throw new Error(`the fleet has no node ${name}`);
    return await host.do(order, body);
  }

  /** Orders the same of every host. */
  async all<K extends OrderName>(order: K, body: Orders[K][0]): Promise<Orders[K][1][]> {
    return await Promise.all(this.hosts.map((host) => host.do(order, body)));
  }

  async standing(): Promise<NodeStanding[]> {
    return (await this.all('standing', null)).flat();
  }

  /** Waits until something holds of all nodes; answers the milliseconds, Infinity after `msMax`. */
  async until(done: (all: readonly NodeStanding[]) => boolean, msMax: number): Promise<number> {
    const started = performance.now();
    while (!done(await this.standing())) {
      if (performance.now() - started > msMax) return Number.POSITIVE_INFINITY;
      await delay(Math.max(LOOK_MS, this.#hostOf.size * LOOK_MS_PER_NODE));
    }
    return performance.now() - started;
  }

  /** Waits until so many nodes in all have seen a thing; answers when each did, in milliseconds of the steady clock. */
  async seen(what: string, count: number, waitMs: number): Promise<number[]> {
    const until = performance.now() + waitMs;
    for (;;) {
      const found = (await this.all('seen', { what })).flat();
      if (found.length >= count || performance.now() > until) return found.map(({ atMs }) => atMs);
      await delay(20);
    }
  }

  /** Publishes `count` cards, each node its share, a few at once on each. */
  async publish(count: number, label: string): Promise<Orders['publish'][1]> {
    const { names } = this;
    const shares = names.map((name, at) => ({
      name,
      labels: Array.from(
        { length: Math.floor((count - at - 1) / names.length) + 1 },
        (_, n) => `${label} ${n * names.length + at}`,
      ),
    }));
    return (await Promise.all(shares.map((share) => this.on(share.name, 'publish', share)))).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.end()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
