// Paths, the links that they carry and the streams on these, over a stage: opened, sealed, raced, kept and left as a node does (node/routing). What the other services of a node do with links is one number here: how soon one of two opens it again.

import { goingRound } from '../../protocol/forward/index.ts';
import { randomStream } from '../random.ts';
import { CORE_TTL, type CoreHeader, type CoreHops, HOP_MS_MAX } from './core-hops.ts';
import { type Around, firstSealed, type Sealed, type Watch } from './core-race.ts';
import type { CoreUpkeep } from './core-upkeep.ts';
import type { CoreNode, CoreWorld } from './core-world.ts';
import { FAULTS, REQUEST_MS_MAX } from './stage.ts';

/** Milliseconds of the handshake of both ends, as `node/routing/limits.ts` has it. */
const SEAL_MS_MAX = 5_000;
const PATIENCE = 4;
const PATIENCE_MS = 800;
const STALL_MS = 800;
const BETTER_REST_MS = 3_000;
/** The pause between two looks for a better path doubles up to these milliseconds, as in `better-path.ts`. */
const BETTER_REST_MS_MAX = 60_000;
/** Links of one node that look for a better path at once, as there. */
const AT_ONCE_MAX = 4;
const ASKED_TIMES = 2;
/** A link that ended is opened again by a service of one of its ends (a comparison of logs, an answer) after so long on average, as over whole nodes. */
const REOPENED_MS = 13_000;

interface CoreLink {
  readonly from: number;
  readonly to: number;
  relays: readonly number[];
  isOpen: boolean;
}

/** What became of one stream. */
export interface CoreOutcome {
  readonly setup: number;
  readonly request: number;
  readonly relays: readonly number[];
  readonly kept: boolean;
  readonly failed: boolean;
}

/** The links of all edges. */
export class CoreLinks {
  readonly #world: CoreWorld;
  readonly #upkeep: CoreUpkeep;
  readonly #hops: CoreHops;
  readonly #links = new Map<string, CoreLink>();
  readonly #looking = new Map<number, number>();
  readonly #chance;

  constructor(world: CoreWorld, upkeep: CoreUpkeep, hops: CoreHops, seed: number) {
    this.#world = world;
    this.#upkeep = upkeep;
    this.#hops = hops;
    this.#chance = randomStream(seed, 'reopened');
  }

  /** A stream between two edges, on the link that is up or on a new one, and one request on it; the link ends with it. */
  async call(from: number, to: number): Promise<CoreOutcome> {
    const world = this.#world;
    const began = world.now;
    const key = keyOf(from, to);
    const up = this.#links.get(key);
    let link = up;
    let setup = REQUEST_MS_MAX;
    const work = async (): Promise<number | undefined> => {
      link ??= await this.#connect(from, to);
      if (link === undefined) return undefined;
      // The protocol is agreed on: there and back once.
      await this.#thereAndBack(link, from);
      setup = world.now - began;
      await this.#thereAndBack(link, from);
      return world.now - began - setup;
    };
    const request = await world.within(REQUEST_MS_MAX, work());
    this.#end(key, link);
    return {
      setup,
      request: request ?? REQUEST_MS_MAX,
      relays: link?.relays ?? [],
      kept: up !== undefined,
      failed: request === undefined,
    };
  }

  /** A relay was killed: links over it go on over other paths. */
  broke(relay: number): void {
    for (const [key, link] of this.#links)
      if (link.relays.includes(relay)) {
        const caller = this.#world.nodes[link.from]!;
        this.#finished(caller, link.to, link.relays);
        void this.#open(caller, link.to, { first: link.relays.slice(0, 1), anywhere: [] }, true).then(
          (path) => {
            if (path === undefined) this.#end(key, link);
            else link.relays = path.relays;
          },
        );
      }
  }

  #end(key: string, link: CoreLink | undefined): void {
    if (link !== undefined) link.isOpen = false;
    this.#links.delete(key);
    const [a, b] = key.split(' ').map(Number) as [number, number];
    const isFirst = this.#chance.unit() < 0.5;
    this.#world.after(this.#chance.exponential(REOPENED_MS), () => {
      if (!this.#links.has(key)) void this.#connect(isFirst ? a : b, isFirst ? b : a);
    });
  }

  async #connect(from: number, to: number): Promise<CoreLink | undefined> {
    const caller = this.#world.nodes[from]!;
    const sealed = await firstSealed(this.#world, caller, (...attempt) => this.#open(caller, to, ...attempt));
    const known = this.#links.get(keyOf(from, to));
    if (known !== undefined || sealed === undefined) return known;
    const link: CoreLink = { from, to, relays: sealed.relays, isOpen: true };
    this.#links.set(keyOf(from, to), link);
    void this.#tend(link);
    return link;
  }

  /** Something passes over a link from one of its ends and back; never, where nothing does. */
  async #thereAndBack(link: CoreLink, from: number): Promise<void> {
    const nodes = [link.from, ...link.relays, link.to];
    const up = link.from === from ? nodes : nodes.toReversed();
    await this.#carry(up);
    await this.#carry(up.toReversed());
  }

  async #carry(nodes: readonly number[]): Promise<void> {
    const world = this.#world;
    const { slowMs = 0 } = this.#upkeep.lies;
    for (const [at, node] of nodes.entries()) {
      if (node === FAULTS.liar.at && slowMs > 0) await world.sleep(slowMs);
      const next = nodes[at + 1];
      if (next !== undefined) await world.send(node, next);
    }
  }

  #finished(caller: CoreNode, to: number, relays: readonly number[]): void {
    const [first] = relays;
    if (first === undefined) return;
    const path = relays.map(String);
    const common = { neighbour: String(first), destination: String(to), slaClass: 'standard' } as const;
    this.#world.observe(caller, { kind: 'finished', ...common, ok: false, path });
  }

  /** One path, opened and sealed. */
  async #open(
    caller: CoreNode,
    to: number,
    around: Around,
    impatient: boolean,
    watch: Watch = {},
  ): Promise<Sealed | undefined> {
    const world = this.#world;
    const began = world.now;
    const plain = { to, ttl: CORE_TTL, budgetMs: 2 * HOP_MS_MAX, via: [], left: { isOver: false } };
    const header = goingRound<number, CoreHeader>(plain, around.anywhere);
    const mayTry = watch.mayTry;
    const taken = await this.#hops.open(caller, header, {
      from: caller.id,
      avoid: around.first,
      ...(mayTry === undefined ? {} : { mayTry }),
    });
    if (taken === undefined) return undefined;
    watch.opened?.(taken.path);
    const openedAt = world.now;
    const patienceMs = Math.min(SEAL_MS_MAX, PATIENCE * (openedAt - began) + PATIENCE_MS);
    const nodes = [caller.id, ...taken.path, to];
    const shake = taken.isDropped
      ? new Promise<true>(() => {})
      : this.#carry(nodes)
          .then(() => this.#carry(nodes.toReversed()))
          .then(() => true as const);
    if ((await world.within(impatient ? patienceMs : SEAL_MS_MAX, shake)) === undefined) {
      this.#finished(caller, to, taken.path);
      watch.silent?.(taken.path);
      return undefined;
    }
    const tookMs = world.now - openedAt;
    world.observe(caller, { kind: 'carried', destination: String(to), path: taken.path.map(String), tookMs });
    return { relays: taken.path, tookMs };
  }

  /** A link is left for a better path while it is up. */
  async #tend(link: CoreLink): Promise<void> {
    const world = this.#world;
    const caller = world.nodes[link.from]!;
    let restMs = BETTER_REST_MS;
    for (;;) {
      await world.sleep(restMs);
      if (!link.isOpen) return;
      const presentMs = this.#outworn(caller, link);
      const looking = this.#looking.get(caller.id) ?? 0;
      if (presentMs === undefined || looking >= AT_ONCE_MAX) {
        restMs = BETTER_REST_MS;
        continue;
      }
      this.#looking.set(caller.id, looking + 1);
      if (await this.#isSound(caller, link)) restMs = BETTER_REST_MS;
      else {
        restMs = Math.min(BETTER_REST_MS_MAX, 2 * restMs);
        const before = link.relays;
        const better = await this.#open(caller, link.to, { first: [], anywhere: [] }, true);
        const isBetter = better !== undefined && better.tookMs < presentMs;
        if (isBetter && better.relays.join() !== before.join() && link.relays === before) {
          link.relays = better.relays;
          restMs = BETTER_REST_MS;
        }
      }
      this.#looking.set(caller.id, (this.#looking.get(caller.id) ?? 1) - 1);
    }
  }

  #outworn(caller: CoreNode, link: CoreLink, measuredMs?: number): number | undefined {
    const demand = {
      destination: String(link.to),
      ttl: CORE_TTL,
      slaClass: 'standard',
      bytes: 0,
      visited: [],
    } as const;
    const view = this.#world.view(caller, link.to);
    return caller.policy.outworn(link.relays.map(String), demand, view, this.#world.now, measuredMs);
  }

  async #isSound(caller: CoreNode, link: CoreLink): Promise<boolean> {
    const world = this.#world;
    for (let asked = 0; asked < ASKED_TIMES; asked++) {
      const began = world.now;
      const answer = this.#thereAndBack(link, link.from).then(() => true as const);
      if ((await world.within(STALL_MS, answer)) === undefined) return false;
      if (this.#outworn(caller, link, world.now - began) === undefined) return true;
    }
    return false;
  }
}

const keyOf = (from: number, to: number): string => `${Math.min(from, to)} ${Math.max(from, to)}`;
