// Requests over relays, under virtual time: every node runs a real policy of protocol/routing, hop by hop. What is modelled is
// the wire and the relays' work; what is real is every decision.

import {
  type DestinationId,
  makePolicy,
  type NeighbourView,
  type PolicyName,
  type RoutingEffect,
  type RoutingEvent,
  type RoutingPolicy,
  type RoutingView,
  TICK_MS,
  TTL_MAX,
} from '../../protocol/routing/index.ts';
import { EventLoop } from '../event-loop.ts';
import { type RandomStream, randomStream } from '../random.ts';
import { LYING_COST_MS, spells } from './faults.ts';
import { makeNetwork, type OverlayNetwork } from './network.ts';
import { type OverlayResult, resultOf } from './result.ts';
import type { Fault, OverlayScenario } from './scenario.ts';
import { Wire } from './wire.ts';

/** A hand-over without an acknowledgement is tried elsewhere after this; so is a request without an answer. */
const HAND_MS = 1_000;
const ANSWER_MS = 2_000;
const TRIES_MAX = 3;
/** What a request that never got an answer is counted as. */
const FAILED_MS = 6_000;
/** A probe that took longer is lost. */
const PROBE_MS = 1_000;
/** Until the neighbours of a dead relay know that it is not connected, and until they know that it is back. */
const NOTICE_MS = 5_000;
const RETURN_MS = 1_000;
/** A report spreads over the whole network in about this. */
const FLOOD_MS = 150;
/** Who is accused so soon after its fault is accused for that. */
const LATELY_MS = 60_000;
const REQUEST_BYTES = 2_000;
const MS = 1_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Node {
  readonly policy: RoutingPolicy;
  readonly view: RoutingView;
  readonly by: Map<number, Mutable<NeighbourView>>;
  readonly random: RandomStream;
}

/** One try of a request: where it is, and when each hop handed it over. */
interface Try {
  readonly from: number;
  readonly to: number;
  readonly startedAt: number;
  readonly number: number;
  /** Who had it in this try, and who failed in it or before. */
  readonly path: number[];
  readonly avoid: number[];
  readonly handedAt: number[];
  /** Raised when it moves: events of an earlier place are void. */
  place: number;
  acked: number;
  over: boolean;
}

export function runOverlay(scenario: OverlayScenario, policy: PolicyName): OverlayResult {
  return new OverlayRun(scenario, policy).run();
}

class OverlayRun {
  readonly #scenario: OverlayScenario;
  readonly #policy: PolicyName;
  readonly #network: OverlayNetwork;
  readonly #wire: Wire;
  readonly #nodes: readonly Node[];
  readonly #loop = new EventLoop();
  readonly #later = new Map<number, () => void>();
  readonly #run: number;
  readonly #latencies: number[] = [];
  readonly #discrepancies = new Map<string, number>();
  readonly #lastFault = new Map<number, { readonly fault: Fault; readonly until: number }>();
  #ids = 0;
  #failed = 0;
  #hops = 0;

  constructor(scenario: OverlayScenario, policy: PolicyName) {
    this.#scenario = scenario;
    this.#policy = policy;
    this.#network = makeNetwork(scenario);
    this.#wire = new Wire(scenario, this.#network);
    this.#nodes = Array.from({ length: this.#network.count }, (_, node) => this.#makeNode(node));
    this.#run = this.#loop.on((id) => {
      const act = this.#later.get(id);
      this.#later.delete(id);
      act?.();
    });
  }

  run(): OverlayResult {
    const scenario = this.#scenario;
    for (const [node] of this.#nodes.entries()) this.#tick(node);
    for (const spell of spells(scenario)) {
      this.#after(spell.fromS * 1_000, () => this.#strike(spell.relay, spell.fault));
      this.#after(spell.untilS * 1_000, () => this.#mend(spell.relay));
    }
    const arrivals = randomStream(scenario.seed, 'arrivals');
    const arrive = (): void => {
      this.#after(arrivals.exponential(1_000 / scenario.rate), arrive);
      const from = scenario.relays + arrivals.below(scenario.edges);
      const partners = this.#network.partners[from]!;
      this.#begin(from, partners[arrivals.below(partners.length)]!, this.#now, 1, []);
    };
    arrive();
    this.#loop.run({ until: (scenario.settleS + scenario.measureS) * 1_000 * MS });
    return resultOf(this.#policy, this.#latencies, this.#failed, this.#hops, this.#discrepancies);
  }

  get #measuring(): boolean {
    return this.#now >= this.#scenario.settleS * 1_000;
  }

  get #now(): number {
    return this.#loop.now / MS;
  }

  // Closures and not numeric events: a decision costs a hundred times as much as its event.
  #after(ms: number, act: () => void): void {
    const id = this.#ids++ | 0;
    this.#later.set(id, act);
    this.#loop.schedule(ms * MS, this.#run, id);
  }

  #makeNode(node: number): Node {
    const { relays, seed } = this.#scenario;
    const neighbours = this.#network.neighbours[node]!.map(
      (other): Mutable<NeighbourView> => ({
        id: String(other),
        region: `region-${this.#network.region[other]}`,
        forwards: other < relays,
        backbone: other === this.#network.backbone[node],
        up: true,
        pricePerMiB: 0n,
        reputation: 1,
        inFlight: 0,
      }),
    );
    const self = String(node);
    return {
      policy: makePolicy(this.#policy, { self, advertises: node < relays }),
      view: { self, region: `region-${this.#network.region[node]}`, neighbours },
      by: new Map(neighbours.map((view) => [Number(view.id), view])),
      random: randomStream(seed, 'policy', node),
    };
  }

  #observe(node: number, event: RoutingEvent): void {
    this.#nodes[node]!.policy.observe(event, this.#now);
  }

  // --- requests ---

  #begin(from: number, to: number, startedAt: number, number: number, avoid: readonly number[]): void {
    const one: Try = {
      from,
      to,
      startedAt,
      number,
      path: [from],
      avoid: [...avoid],
      handedAt: [],
      place: 0,
      acked: 0,
      over: false,
    };
    this.#after(ANSWER_MS, () => this.#expire(one));
    this.#hand(one);
  }

  #hand(one: Try): void {
    const at = one.path.at(-1)!;
    const node = this.#nodes[at]!;
    const demand = {
      destination: String(one.to),
      ttl: TTL_MAX - one.path.length + 1,
      slaClass: 'interactive',
      bytes: REQUEST_BYTES,
      visited: [...one.path.slice(0, -1), ...one.avoid].map(String),
    } as const;
    const { next } = node.policy.choose(demand, node.view, this.#now, node.random);
    if (next === undefined) {
      this.#giveBack(one);
      return;
    }
    const to = Number(next);
    const place = ++one.place;
    one.path.push(to);
    one.handedAt.push(this.#now);
    node.by.get(to)!.inFlight += 1;
    this.#after(HAND_MS, () => this.#unacked(one, at, to, place));
    this.#after(this.#wire.travel(at, to), () => {
      if (this.#wire.dead(to) || this.#wire.dead(at)) return;
      const relay = to < this.#scenario.relays;
      const lies = this.#wire.fault[to] === 'lying';
      const served = this.#wire.serve(to, this.#now, relay);
      if (lies) this.#acknowledge(one, at, to, place, LYING_COST_MS);
      this.#after(served, () => this.#arrived(one, at, to, place, lies));
    });
  }

  #arrived(one: Try, from: number, at: number, place: number, lies: boolean): void {
    if (one.place !== place || one.over || this.#wire.dead(at)) return;
    const node = this.#nodes[at]!;
    if (at < this.#scenario.relays) this.#forwardFeedback(one, from, at);
    if (!lies) {
      const rest = node.policy.remaining(String(one.to), node.view, this.#now, String(from));
      this.#acknowledge(one, from, at, place, rest);
    }
    if (at === one.to) {
      this.#goBack(one, one.path.length - 1, place);
      return;
    }
    const withheld = this.#wire.withheld(at);
    if (withheld === Number.POSITIVE_INFINITY) {
      one.acked = place;
      return;
    }
    if (withheld === 0) this.#hand(one);
    else
      this.#after(withheld, () => {
        if (one.place === place && !one.over) this.#hand(one);
      });
  }

  // Dual Q-routing learns the way back from what arrives.
  #forwardFeedback(one: Try, from: number, at: number): void {
    const source: DestinationId = String(one.from);
    const before = this.#nodes[from]!;
    const remainingMs =
      from === one.from ? 0 : before.policy.remaining(source, before.view, this.#now, String(at));
    const tookMs = 2 * (this.#now - one.handedAt.at(-1)!);
    if (Number.isFinite(remainingMs))
      this.#observe(at, { kind: 'arrived', neighbour: String(from), source, tookMs, remainingMs });
  }

  #acknowledge(one: Try, to: number, from: number, place: number, rest: number): void {
    const sentAt = one.handedAt.at(-1)!;
    this.#after(this.#wire.travel(from, to), () => {
      if (one.place < place || this.#wire.dead(to)) return;
      if (one.acked < place) one.acked = place;
      const told = Number.isFinite(rest) ? { remainingMs: rest } : {};
      const tookMs = this.#now - sentAt;
      this.#handed(one, to, from, { ok: true, tookMs, ...told });
    });
  }

  #handed(
    one: Try,
    at: number,
    neighbour: number,
    what: { ok: boolean; tookMs?: number; remainingMs?: number },
  ): void {
    const common = {
      neighbour: String(neighbour),
      destination: String(one.to),
      slaClass: 'interactive',
    } as const;
    this.#observe(at, { kind: 'handed', ...common, ...what });
  }

  #unacked(one: Try, at: number, to: number, place: number): void {
    if (one.over || one.place !== place || one.acked >= place || this.#wire.dead(at)) return;
    this.#handed(one, at, to, { ok: false });
    this.#nodes[at]!.by.get(to)!.inFlight -= 1;
    one.path.pop();
    one.handedAt.pop();
    one.avoid.push(to);
    this.#hand(one);
  }

  // The answer goes back the way the request came.
  #goBack(one: Try, at: number, place: number): void {
    if (one.over || one.place !== place) return;
    const here = one.path[at]!;
    if (at < one.path.length - 1) this.#finished(one, at, true);
    if (at === 0) {
      one.over = true;
      if (this.#measuring) this.#hops += one.path.length - 2;
      this.#record(this.#now - one.startedAt);
      return;
    }
    const before = one.path[at - 1]!;
    this.#after(this.#wire.travel(here, before), () => {
      if (this.#wire.dead(before) || this.#wire.dead(here)) return;
      const served = this.#wire.serve(before, this.#now, before < this.#scenario.relays);
      this.#after(served, () => this.#goBack(one, at - 1, place));
    });
  }

  #finished(one: Try, at: number, ok: boolean): void {
    const neighbour = one.path[at + 1]!;
    const node = one.path[at]!;
    this.#nodes[node]!.by.get(neighbour)!.inFlight -= 1;
    const common = {
      neighbour: String(neighbour),
      destination: String(one.to),
      slaClass: 'interactive',
    } as const;
    const took = ok ? { tookMs: this.#now - one.handedAt[at]! } : {};
    this.#observe(node, { kind: 'finished', ...common, ok, ...took });
  }

  // Nobody may take it: the origin learns, and tries another first hop.
  #giveBack(one: Try): void {
    const back = one.path.length > 1 ? this.#wire.travel(one.path.at(-1)!, one.from) : PROBE_MS;
    this.#after(back, () => this.#expire(one));
  }

  #expire(one: Try): void {
    if (one.over) return;
    one.over = true;
    for (let at = 0; at < one.path.length - 1; at++) this.#finished(one, at, false);
    const first = one.path[1];
    if (one.number < TRIES_MAX)
      this.#begin(
        one.from,
        one.to,
        one.startedAt,
        one.number + 1,
        first === undefined ? [] : [...one.avoid, first],
      );
    else {
      if (this.#measuring) this.#failed += 1;
      this.#record(FAILED_MS);
    }
  }

  #record(ms: number): void {
    if (this.#measuring) this.#latencies.push(ms);
  }

  // --- upkeep ---

  #tick(at: number): void {
    // Spread over the period, so that no two nodes tick together.
    this.#after(at === 0 || this.#now > 0 ? TICK_MS : (TICK_MS * at) / this.#nodes.length, () =>
      this.#tick(at),
    );
    if (this.#wire.dead(at)) return;
    const { policy, view, random } = this.#nodes[at]!;
    for (const effect of policy.tick(view, this.#now, random)) this.#effect(at, effect);
  }

  #effect(at: number, effect: RoutingEffect): void {
    if (effect.kind === 'probe') this.#probe(at, Number(effect.neighbour));
    else if (effect.kind === 'ask') this.#ask(at, Number(effect.neighbour), effect.destination);
    else if (effect.kind === 'advertise') {
      const lies = this.#wire.fault[at] === 'lying';
      const links = effect.report.links.map(({ to, costMs }) => ({
        to,
        costMs: lies ? LYING_COST_MS : costMs,
      }));
      const report = { ...effect.report, links };
      this.#after(FLOOD_MS, () => {
        for (const [node] of this.#nodes.entries())
          if (node !== at && !this.#wire.dead(node)) this.#observe(node, { kind: 'reported', report });
      });
    } else if (this.#wire.fault[at] === undefined) {
      const about = Number(effect.about);
      const last = this.#lastFault.get(about);
      const lately = last !== undefined && this.#now - last.until <= LATELY_MS ? last.fault : 'well';
      const kind = this.#wire.fault[about] ?? lately;
      this.#discrepancies.set(kind, (this.#discrepancies.get(kind) ?? 0) + 1);
    }
  }

  #roundTrip(a: number, b: number): number {
    if (this.#wire.dead(b)) return Number.POSITIVE_INFINITY;
    return this.#wire.travel(a, b) + this.#wire.queue(b, this.#now) + this.#wire.travel(b, a);
  }

  #probe(at: number, neighbour: number): void {
    const rttMs = this.#roundTrip(at, neighbour);
    const lost = rttMs > PROBE_MS;
    this.#after(lost ? PROBE_MS : rttMs, () =>
      this.#observe(at, { kind: 'probed', neighbour: String(neighbour), ...(lost ? {} : { rttMs }) }),
    );
  }

  #ask(at: number, neighbour: number, destination: DestinationId): void {
    const rttMs = this.#roundTrip(at, neighbour);
    if (rttMs > PROBE_MS) return;
    this.#after(rttMs, () => {
      const { policy, view } = this.#nodes[neighbour]!;
      const lies = this.#wire.fault[neighbour] === 'lying';
      const remainingMs = lies ? LYING_COST_MS : policy.remaining(destination, view, this.#now, String(at));
      if (Number.isFinite(remainingMs))
        this.#observe(at, { kind: 'echoed', neighbour: String(neighbour), destination, remainingMs });
    });
  }

  #strike(relay: number, fault: Fault): void {
    this.#wire.fault[relay] = fault;
    if (fault === 'killed') this.#after(NOTICE_MS, () => this.#connect(relay, !this.#wire.dead(relay)));
  }

  #mend(relay: number): void {
    const fault = this.#wire.fault[relay];
    if (fault !== undefined) this.#lastFault.set(relay, { fault, until: this.#now });
    this.#wire.fault[relay] = undefined;
    this.#after(RETURN_MS, () => this.#connect(relay, !this.#wire.dead(relay)));
  }

  #connect(relay: number, up: boolean): void {
    for (const other of this.#network.neighbours[relay]!) {
      const view = this.#nodes[other]!.by.get(relay)!;
      if (view.up === up) continue;
      view.up = up;
      this.#observe(other, { kind: up ? 'up' : 'down', neighbour: String(relay) });
    }
  }
}
