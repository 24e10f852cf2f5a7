// Requests and their answers over the relays, hop by hop: hand-over, acknowledgement, answer, time-outs, another try.

import { type DestinationId, TTL_MAX } from '../../protocol/routing/index.ts';
import { LYING_COST_MS } from './faults.ts';
import type { World } from './world.ts';

/** A hand-over without an acknowledgement is tried elsewhere after this; so is a request without an answer. */
const HAND_MS = 1_000;
const ANSWER_MS = 2_000;
/** Relays that one request is tried over: after three a client gives up, as a person would. */
const TRIES_MAX = 3;
/** What a request that never got an answer is counted as. */
const FAILED_MS = 6_000;
const REQUEST_BYTES = 2_000;
const NOBODY = -1;

/** Where a request is: begun, tried again, come to a node from another (-1: nobody), answered or given up. Milliseconds. */
export interface OverlayStepped {
  readonly at: number;
  readonly kind: string;
  readonly node: number;
  readonly peer: number;
  readonly request: number;
  readonly from: number;
  readonly to: number;
}
export type OverlayStep = (stepped: OverlayStepped) => void;

/** One try of a request: where it is, and when each hop handed it over. */
interface Try {
  /** Number of the request among all. */
  readonly request: number;
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

/** All requests of a run, and what became of them. */
export class Requests {
  readonly latencies: number[] = [];
  failed = 0;
  hops = 0;
  readonly #world: World;
  readonly #step: OverlayStep | undefined;
  #begun = 0;

  /** `step` is told where those requests go that begin while it is measured. */
  constructor(world: World, step?: OverlayStep) {
    this.#world = world;
    this.#step = step;
  }

  /** Sends a request from an edge to another. */
  begin(from: number, to: number): void {
    this.#try(from, to, this.#world.now, 1, [], this.#begun++);
  }

  #try(
    from: number,
    to: number,
    startedAt: number,
    number: number,
    avoid: readonly number[],
    request: number,
  ): void {
    const one: Try = {
      request,
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
    this.#tell(number === 1 ? 'request' : 'again', one, from, NOBODY);
    this.#world.after(ANSWER_MS, () => this.#expire(one));
    this.#hand(one);
  }

  #hand(one: Try): void {
    const at = one.path.at(-1)!;
    const node = this.#world.nodes[at]!;
    const demand = {
      destination: String(one.to),
      ttl: TTL_MAX - one.path.length + 1,
      slaClass: 'interactive',
      bytes: REQUEST_BYTES,
      visited: [...one.path.slice(0, -1), ...one.avoid].map(String),
    } as const;
    const { next } = node.policy.choose(demand, node.view, this.#world.now, node.random);
    if (next === undefined) {
      this.#giveBack(one);
      return;
    }
    const to = Number(next);
    const place = ++one.place;
    one.path.push(to);
    one.handedAt.push(this.#world.now);
    node.by.get(to)!.inFlight += 1;
    this.#world.after(HAND_MS, () => this.#unacked(one, at, to, place));
    this.#world.after(this.#world.wire.travel(at, to), () => {
      if (this.#world.wire.dead(to) || this.#world.wire.dead(at)) return;
      const relay = this.#world.isRelay(to);
      const lies = this.#world.wire.fault[to] === 'lying';
      const served = this.#world.wire.serve(to, this.#world.now, relay);
      if (lies) this.#acknowledge(one, at, to, place, LYING_COST_MS);
      this.#world.after(served, () => this.#arrived(one, at, to, place, lies));
    });
  }

  #arrived(one: Try, from: number, at: number, place: number, lies: boolean): void {
    if (one.place !== place || one.over || this.#world.wire.dead(at)) return;
    const node = this.#world.nodes[at]!;
    this.#tell('hop', one, at, from);
    if (this.#world.isRelay(at)) this.#forwardFeedback(one, from, at);
    if (!lies) {
      const rest = node.policy.remaining(String(one.to), node.view, this.#world.now, String(from));
      this.#acknowledge(one, from, at, place, rest);
    }
    if (at === one.to) {
      this.#goBack(one, one.path.length - 1, place);
      return;
    }
    const withheld = this.#world.wire.withheld(at);
    if (withheld === Number.POSITIVE_INFINITY) {
      one.acked = place;
      return;
    }
    if (withheld === 0) this.#hand(one);
    else
      this.#world.after(withheld, () => {
        if (one.place === place && !one.over) this.#hand(one);
      });
  }

  // Dual Q-routing learns the way back from what arrives.
  #forwardFeedback(one: Try, from: number, at: number): void {
    const source: DestinationId = String(one.from);
    const before = this.#world.nodes[from]!;
    const remainingMs =
      from === one.from ? 0 : before.policy.remaining(source, before.view, this.#world.now, String(at));
    const tookMs = 2 * (this.#world.now - one.handedAt.at(-1)!);
    if (Number.isFinite(remainingMs))
      this.#world.observe(at, { kind: 'arrived', neighbour: String(from), source, tookMs, remainingMs });
  }

  #acknowledge(one: Try, to: number, from: number, place: number, rest: number): void {
    const sentAt = one.handedAt.at(-1)!;
    this.#world.after(this.#world.wire.travel(from, to), () => {
      if (one.place < place || this.#world.wire.dead(to)) return;
      if (one.acked < place) one.acked = place;
      const told = Number.isFinite(rest) ? { remainingMs: rest } : {};
      const tookMs = this.#world.now - sentAt;
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
    this.#world.observe(at, { kind: 'handed', ...common, ...what });
  }

  #unacked(one: Try, at: number, to: number, place: number): void {
    if (one.over || one.place !== place || one.acked >= place || this.#world.wire.dead(at)) return;
    this.#handed(one, at, to, { ok: false });
    this.#world.nodes[at]!.by.get(to)!.inFlight -= 1;
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
      if (this.#world.measuring) this.hops += one.path.length - 2;
      this.#tell('answered', one, here, one.path[1]!);
      this.#record(this.#world.now - one.startedAt);
      return;
    }
    const before = one.path[at - 1]!;
    this.#world.after(this.#world.wire.travel(here, before), () => {
      if (this.#world.wire.dead(before) || this.#world.wire.dead(here)) return;
      const served = this.#world.wire.serve(before, this.#world.now, this.#world.isRelay(before));
      this.#world.after(served, () => this.#goBack(one, at - 1, place));
    });
  }

  #finished(one: Try, at: number, ok: boolean): void {
    const neighbour = one.path[at + 1]!;
    const node = one.path[at]!;
    this.#world.nodes[node]!.by.get(neighbour)!.inFlight -= 1;
    const common = {
      neighbour: String(neighbour),
      destination: String(one.to),
      slaClass: 'interactive',
    } as const;
    const took = ok ? { tookMs: this.#world.now - one.handedAt[at]! } : {};
    this.#world.observe(node, { kind: 'finished', ...common, ok, ...took });
  }

  // Nobody may take it: the origin learns, and tries another first hop.
  #giveBack(one: Try): void {
    const back = one.path.length > 1 ? this.#world.wire.travel(one.path.at(-1)!, one.from) : HAND_MS;
    this.#world.after(back, () => this.#expire(one));
  }

  #expire(one: Try): void {
    if (one.over) return;
    one.over = true;
    for (let at = 0; at < one.path.length - 1; at++) this.#finished(one, at, false);
    const first = one.path[1];
    if (one.number < TRIES_MAX)
      this.#try(
        one.from,
        one.to,
        one.startedAt,
        one.number + 1,
        first === undefined ? [] : [...one.avoid, first],
        one.request,
      );
    else {
      if (this.#world.measuring) this.failed += 1;
      this.#tell('unanswered', one, one.from, NOBODY);
      this.#record(FAILED_MS);
    }
  }

  #tell(kind: string, { from, request, startedAt, to }: Try, node: number, peer: number): void {
    if (startedAt >= this.#world.scenario.settleS * 1_000)
      this.#step?.({ at: this.#world.now, kind, node, peer, request, from, to });
  }

  #record(ms: number): void {
    if (this.#world.measuring) this.latencies.push(ms);
  }
}
