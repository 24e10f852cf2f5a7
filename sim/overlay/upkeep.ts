// What nodes do besides requests: probes, reports, questions; and how faults begin and end.

import { type DestinationId, type RoutingEffect, TICK_MS } from '../../protocol/routing/index.ts';
import { LYING_COST_MS } from './faults.ts';
import type { Fault } from './scenario.ts';
import type { World } from './world.ts';

/** A probe that took longer is lost. */
const PROBE_MS = 1_000;
/** Until the neighbours of a dead relay know that it is not connected, and until they know that it is back. */
const NOTICE_MS = 5_000;
const RETURN_MS = 1_000;
/** A report spreads over the whole network in about this. */
const FLOOD_MS = 150;
/** Who is accused so soon after its fault is accused for that. */
const LATELY_MS = 60_000;

export class Upkeep {
  /** Discrepancies that were said, by what was wrong with whom they were about. */
  readonly accused = new Map<string, number>();
  readonly #lastFault = new Map<number, { readonly fault: Fault; readonly until: number }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Ticks of a node, for ever. */
  tick(at: number): void {
    // Spread over the period, so that no two nodes tick together.
    this.#world.after(
      at === 0 || this.#world.now > 0 ? TICK_MS : (TICK_MS * at) / this.#world.nodes.length,
      () => this.tick(at),
    );
    if (this.#world.wire.dead(at)) return;
    const { policy, view, random } = this.#world.nodes[at]!;
    for (const effect of policy.tick(view, this.#world.now, random)) this.#effect(at, effect);
  }

  #effect(at: number, effect: RoutingEffect): void {
    if (effect.kind === 'probe') this.#probe(at, Number(effect.neighbour));
    else if (effect.kind === 'ask') this.#ask(at, Number(effect.neighbour), effect.destination);
    else if (effect.kind === 'advertise') {
      const lies = this.#world.wire.fault[at] === 'lying';
      const links = effect.report.links.map(({ to, costMs }) => ({
        to,
        costMs: lies ? LYING_COST_MS : costMs,
      }));
      const report = { ...effect.report, links };
      this.#world.after(FLOOD_MS, () => {
        for (const [node] of this.#world.nodes.entries())
          if (node !== at && !this.#world.wire.dead(node))
            this.#world.observe(node, { kind: 'reported', report });
      });
    } else if (this.#world.wire.fault[at] === undefined) {
      const about = Number(effect.about);
      const last = this.#lastFault.get(about);
      const lately = last !== undefined && this.#world.now - last.until <= LATELY_MS ? last.fault : 'well';
      const kind = this.#world.wire.fault[about] ?? lately;
      this.accused.set(kind, (this.accused.get(kind) ?? 0) + 1);
    }
  }

  #roundTrip(a: number, b: number): number {
    if (this.#world.wire.dead(b)) return Number.POSITIVE_INFINITY;
    return (
      this.#world.wire.travel(a, b) +
      this.#world.wire.queue(b, this.#world.now) +
      this.#world.wire.travel(b, a)
    );
  }

  #probe(at: number, neighbour: number): void {
    const rttMs = this.#roundTrip(at, neighbour);
    const lost = rttMs > PROBE_MS;
    this.#world.after(lost ? PROBE_MS : rttMs, () =>
      this.#world.observe(at, { kind: 'probed', neighbour: String(neighbour), ...(lost ? {} : { rttMs }) }),
    );
  }

  #ask(at: number, neighbour: number, destination: DestinationId): void {
    const rttMs = this.#roundTrip(at, neighbour);
    if (rttMs > PROBE_MS) return;
    this.#world.after(rttMs, () => {
      const { policy, view } = this.#world.nodes[neighbour]!;
      const lies = this.#world.wire.fault[neighbour] === 'lying';
      const remainingMs = lies
        ? LYING_COST_MS
        : policy.remaining(destination, view, this.#world.now, String(at));
      if (Number.isFinite(remainingMs))
        this.#world.observe(at, { kind: 'echoed', neighbour: String(neighbour), destination, remainingMs });
    });
  }

  /** A fault begins. */
  strike(relay: number, fault: Fault): void {
    this.#world.wire.fault[relay] = fault;
    if (fault === 'killed')
      this.#world.after(NOTICE_MS, () => this.#connect(relay, !this.#world.wire.dead(relay)));
  }

  /** A fault ends. */
  mend(relay: number): void {
    const fault = this.#world.wire.fault[relay];
    if (fault !== undefined) this.#lastFault.set(relay, { fault, until: this.#world.now });
    this.#world.wire.fault[relay] = undefined;
    this.#world.after(RETURN_MS, () => this.#connect(relay, !this.#world.wire.dead(relay)));
  }

  #connect(relay: number, up: boolean): void {
    for (const other of this.#world.network.neighbours[relay]!) {
      const view = this.#world.nodes[other]!.by.get(relay)!;
      if (view.up === up) continue;
      view.up = up;
      this.#world.observe(other, { kind: up ? 'up' : 'down', neighbour: String(relay) });
    }
  }
}
