// What nodes of a stage do besides streams: ticks, probes, reports that are passed on, and edges that say over which relays they can be reached. Told
// again from node/routing (route-desk, relay-keeper, relay-talk, reports) and node/network, with their periods.

import {
  CALM_REPORT_MS,
  type LinkReport,
  type RoutingEffect,
  TICK_MS,
  type ToldLinks,
  telling,
} from '../../protocol/routing/index.ts';
import type { CoreNode, CoreWorld, NeighbourState } from './core-world.ts';
import { FAULTS, type StageLies } from './stage.ts';

/** A probe that took longer is lost (relay-talk.ts). */
const PROBE_MS_MAX = 2_000;
/** A relay that no policy probes is probed this seldom (relay-keeper.ts). */
const PROBE_EVERY_MS = 10_000;
/** Pause between two messages of reports among relays where one says something new (routing/index.ts). */
const PASS_MS = 1_000;
/** Weight of a new round trip (relays.ts). */
const SMOOTHING = 1 / 8;
/** Announcements of an edge: their period, the pause after a change, and the way to everybody; the round trips of its links of which the least is said. */
const ANNOUNCE_MS = 10_000;
const CHANGE_MS = 500;
const SPREAD_MS = 300;
const HEARTBEATS = 3;
/** What a liar says that its links take. */
export const CLAIMED_MS = 1;

interface Desk {
  readonly held: Map<number, LinkReport>;
  /** Its own report as it last passed it on, and when. */
  passed: ToldLinks | undefined;
  readonly wanted: Set<number>;
  readonly probing: Set<number>;
  readonly probedAt: Map<number, number>;
  readonly asks: Map<number, Set<number>>;
}

/** All of it, for all nodes. */
export class CoreUpkeep {
  readonly #world: CoreWorld;
  readonly #desks: readonly Desk[];
  /** By edge: the relays that it said it is connected to, and the round trips. */
  readonly #exits = new Map<number, ReadonlyMap<number, number>>();
  readonly #heartbeats = new Map<number, number[]>();
  #sequence = 0n;
  /** How the liar lies. */
  lies: StageLies = {};

  constructor(world: CoreWorld) {
    this.#world = world;
    this.#desks = world.nodes.map(() => ({
      held: new Map(),
      passed: undefined,
      wanted: new Set(),
      probing: new Set(),
      probedAt: new Map(),
      asks: new Map(),
    }));
    for (const node of world.nodes) {
      const phase = node.random.unit();
      this.#every(TICK_MS, phase, () => this.#tick(node));
      if (node.isRelay) this.#every(PASS_MS, node.random.unit(), () => this.#pass(node));
      else {
        this.#exits.set(node.id, new Map([...node.connected].map(([id, { rttMs }]) => [id, rttMs!])));
        this.#every(ANNOUNCE_MS, node.random.unit(), () => void this.#announce(node));
        for (const relay of node.connected.keys())
          this.#every(CALM_REPORT_MS, node.random.unit(), () => this.#passToEdge(relay, node));
      }
      for (const other of node.connected.keys())
        world.observe(node, { kind: 'up', neighbour: String(other) });
    }
  }

  /** Somebody asks for ways from a node to an edge. */
  want(node: CoreNode, edge: number): void {
    const { wanted } = this.#desks[node.id]!;
    if (wanted.has(edge)) return;
    wanted.add(edge);
    for (const relay of this.#exits.get(edge)!.keys()) this.#tell(node, relay);
  }

  /** The relays that an edge can be reached over. */
  exitsOf(edge: number): readonly number[] {
    return [...this.#exits.get(edge)!.keys()];
  }

  /** What a node says is left from it to an edge. */
  remaining({ id, policy }: CoreNode, edge: number, exclude: number): number {
    const node = this.#world.nodes[id]!;
    const ms = policy.remaining(String(edge), this.#world.view(node, edge), this.#world.now, String(exclude));
    return this.#isLiar(id) ? Math.min(CLAIMED_MS, ms) : ms;
  }

  /** What a kill of its process does: nothing more comes from it, and whoever is connected with it learns so. */
  kill(relay: number): void {
    const world = this.#world;
    world.wire.kill(relay);
    for (const node of world.nodes) {
      if (!node.connected.has(relay)) continue;
      world.after(world.network.delay(relay, node.id), () => world.part(node, relay));
      if (!node.isRelay) world.after(CHANGE_MS, () => void this.#announce(node));
    }
  }

  #isLiar(node: number): boolean {
    return node === FAULTS.liar.at && this.lies.boasts === true;
  }

  #every(ms: number, phase: number, act: () => void): void {
    const next = () => {
      act();
      this.#world.after(ms, next);
    };
    this.#world.after(ms * phase, next);
  }

  #tick(node: CoreNode): void {
    const world = this.#world;
    if (world.wire.isDead(node.id)) return;
    const view = world.view(node);
    for (const effect of node.policy.tick(view, world.now, node.random)) this.#act(node, effect);
    const { probedAt } = this.#desks[node.id]!;
    for (const { id } of view.neighbours)
      if (world.now - (probedAt.get(Number(id)) ?? 0) > PROBE_EVERY_MS) void this.#probe(node, Number(id));
  }

  #act(node: CoreNode, effect: RoutingEffect): void {
    const { asks, held } = this.#desks[node.id]!;
    if (effect.kind === 'probe') void this.#probe(node, Number(effect.neighbour));
    else if (effect.kind === 'ask') {
      const asked = asks.get(Number(effect.neighbour)) ?? new Set();
      asks.set(Number(effect.neighbour), asked.add(Number(effect.destination)));
    } else if (effect.kind === 'advertise') {
      const links = effect.report.links.map(({ costMs, to }) => ({
        to,
        costMs: this.#isLiar(node.id) ? CLAIMED_MS : costMs,
      }));
      held.set(node.id, { ...effect.report, links });
    }
  }

  async #probe(node: CoreNode, to: number): Promise<void> {
    const world = this.#world;
    const { asks, probedAt, probing } = this.#desks[node.id]!;
    const state = node.connected.get(to);
    if (probing.has(to) || state === undefined) return;
    probing.add(to);
    probedAt.set(to, world.now);
    const asked = [...(asks.get(to) ?? [])];
    asks.delete(to);
    const began = world.now;
    const answer = await world.within(PROBE_MS_MAX, this.#asked(node.id, to, asked));
    probing.delete(to);
    const rttMs = answer === undefined ? undefined : world.now - began;
    noteProbe(state, rttMs);
    const neighbour = String(to);
    world.observe(node, { kind: 'probed', neighbour, ...(rttMs === undefined ? {} : { rttMs }) });
    for (const [edge, remainingMs] of answer ?? [])
      if (Number.isFinite(remainingMs))
        world.observe(node, { kind: 'echoed', neighbour, destination: String(edge), remainingMs });
  }

  async #asked(from: number, to: number, edges: readonly number[]): Promise<(readonly [number, number])[]> {
    const world = this.#world;
    await world.send(from, to);
    const said = edges.map((edge) => [edge, this.remaining(world.nodes[to]!, edge, from)] as const);
    await world.send(to, from);
    return said;
  }

  /** A relay's own report goes to all relays: each is connected with all. */
  #pass(node: CoreNode): void {
    const world = this.#world;
    const desk = this.#desks[node.id]!;
    const report = desk.held.get(node.id);
    if (report === undefined || world.wire.isDead(node.id)) return;
    const { isTold, told } = telling(report.links, desk.passed, world.now);
    desk.passed = told;
    if (!isTold) return;
    for (const [other, { forwards }] of node.connected)
      if (forwards) void world.send(node.id, other).then(() => this.#take(world.nodes[other]!, [report]));
  }

  #passToEdge(relay: number, edge: CoreNode): void {
    if (this.#world.wire.isDead(relay)) return;
    const reports = [...this.#desks[relay]!.held.values()];
    void this.#world.send(relay, edge.id).then(() => this.#take(edge, reports));
  }

  #take(node: CoreNode, reports: readonly LinkReport[]): void {
    const { held } = this.#desks[node.id]!;
    for (const report of reports) {
      const author = Number(report.author);
      if ((held.get(author)?.sequence ?? -1n) >= report.sequence) continue;
      held.set(author, report);
      this.#tell(node, author);
    }
  }

  /** Hands a policy the report of a relay with the edges that say they can be reached through it. */
  #tell(node: CoreNode, author: number): void {
    if (author === node.id) return;
    const { held, wanted } = this.#desks[node.id]!;
    const report = held.get(author);
    const own = [...wanted].flatMap((edge) => {
      const rttMs = this.#exits.get(edge)!.get(author);
      return rttMs === undefined ? [] : [{ to: String(edge), costMs: rttMs }];
    });
    this.#sequence += 1n;
    const { region } = this.#world.nodes[author]!;
    this.#world.observe(node, {
      kind: 'reported',
      report: {
        author: String(author),
        sequence: this.#sequence,
        region,
        links: [...(report?.links ?? []), ...own],
      },
    });
  }

  /** An edge times its links and says what it found; everybody hears it a moment later. */
  async #announce(edge: CoreNode): Promise<void> {
    const world = this.#world;
    const said = await Promise.all(
      [...edge.connected.keys()].map(async (relay) => {
        const began = world.now;
        const came = await world.within(PROBE_MS_MAX, this.#asked(edge.id, relay, []));
        const key = edge.id * world.network.count + relay;
        const beats = this.#heartbeats.get(key) ?? [];
        if (came !== undefined) beats.push(Math.round(world.now - began));
        if (beats.length > HEARTBEATS) beats.shift();
        this.#heartbeats.set(key, beats);
        return [relay, beats.length === 0 ? PROBE_MS_MAX : Math.min(...beats)] as const;
      }),
    );
    await world.sleep(SPREAD_MS);
    const before = this.#exits.get(edge.id)!;
    const exits = new Map(said.filter(([relay]) => edge.connected.has(relay)));
    this.#exits.set(edge.id, exits);
    for (const node of world.nodes)
      if (this.#desks[node.id]!.wanted.has(edge.id))
        for (const relay of new Set([...before.keys(), ...exits.keys()])) this.#tell(node, relay);
  }
}

function noteProbe(state: NeighbourState, rttMs: number | undefined): void {
  const loss = state.loss ?? 0;
  state.loss = loss + SMOOTHING * ((rttMs === undefined ? 1 : 0) - loss);
  if (rttMs === undefined) return;
  const before = state.rttMs ?? rttMs;
  state.jitterMs = (state.jitterMs ?? 0) + SMOOTHING * (Math.abs(rttMs - before) - (state.jitterMs ?? 0));
  state.rttMs = before + SMOOTHING * (rttMs - before);
}
