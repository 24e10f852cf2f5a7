// A routing policy: one method inside the promises that all policies share. No path ever meets the same relay twice, whatever
// the method believes; nobody who is down, forbidden or too dear is chosen; unsure learners use the backbone.

import { exclusion } from './exclusion.ts';
import { Flows } from './flows.ts';
import type { Knowledge } from './knowledge.ts';
import type { Choice, Method } from './method.ts';
import { SetUpPace } from './pace.ts';
import type {
  Candidate,
  Decision,
  Demand,
  DestinationId,
  NeighbourId,
  NeighbourView,
  RoutingEffect,
  RoutingEvent,
  RoutingPace,
  RoutingPolicy,
  RoutingRandom,
  RoutingView,
} from './ports.ts';
import { restoreState, snapshotState } from './state.ts';

/** Confidence in the best candidate below which a learner asks the backbone. */
const CONFIDENCE_MIN = 0.15;

const NO_TERMS: Readonly<Record<string, number>> = Object.freeze({});

export class Router implements RoutingPolicy {
  readonly #method: Method;
  readonly #knowledge: Knowledge;
  readonly #flows = new Flows();
  readonly pace: RoutingPace | undefined;

  /** `races`: with second paths beside late ones or without, whatever the method does of itself. */
  constructor(method: Method, knowledge: Knowledge, races = method.races === true) {
    this.pace = races ? new SetUpPace() : undefined;
    this.#method = method;
    this.#knowledge = knowledge;
  }

  get name(): string {
    return this.#method.name;
  }

  choose(demand: Demand, view: RoutingView, now: number, random: RoutingRandom): Decision {
    const { candidates, choices } = this.#weigh(demand, view, now);
    const base = { policy: this.name, candidates };
    if (choices.length === 0) return { ...base, next: undefined, reason: 'none' };
    const { choice, reason } = this.#pick(choices, demand, now, random);
    const next = choice.neighbour.id;
    if (demand.flow !== undefined) this.#flows.note(demand.flow, next, now);
    return { ...base, next, reason };
  }

  outworn(
    path: readonly NeighbourId[],
    demand: Demand,
    view: RoutingView,
    now: number,
    measuredMs?: number,
  ): number | undefined {
    const { leaves } = this.#method;
    if (leaves === undefined) return undefined;
    const { choices } = this.#weigh(demand, view, now);
    const present = choices.find(({ neighbour }) => neighbour.id === path[0])?.candidate;
    if (present === undefined) return undefined;
    const { link = 0, loss = 0, remainder = 0 } = present.terms;
    const restMs = this.#knowledge.map.along(path, demand.destination);
    // What is measured stands for the links alone; the rest of the cost is on the other side of the comparison as well.
    const wayMs = measuredMs ?? link + loss + restMs;
    const presentMs = present.costMs - link - loss - remainder + wayMs;
    // NaN where nobody reports the links of the path any more: it breaks, or it does not.
    return presentMs >= 0 && leaves(presentMs, choices, measuredMs !== undefined) ? presentMs : undefined;
  }

  around(
    next: NeighbourId,
    demand: Pick<Demand, 'destination' | 'ttl'>,
    now: number,
  ): readonly NeighbourId[] {
    return this.#method.around?.(next, demand, now) ?? [];
  }

  observe(event: RoutingEvent, now: number): void {
    this.#knowledge.observe(event, now);
    this.#method.observe?.(event, now);
    if (event.kind === 'down') this.#flows.forget(event.neighbour);
  }

  tick(view: RoutingView, now: number, _random: RoutingRandom): readonly RoutingEffect[] {
    const effects = this.#knowledge.tick(view, now);
    return [...effects, ...(this.#method.tick?.(view, now) ?? [])];
  }

  remaining(destination: DestinationId, view: RoutingView, now: number, exclude?: NeighbourId): number {
    if (destination === view.self) return 0;
    return this.#method.remaining(destination, view, now, exclude);
  }

  snapshot(now: number): Uint8Array {
    return snapshotState(this.#method, this.#knowledge, now);
  }

  restore(bytes: Uint8Array, now: number): boolean {
    return restoreState(bytes, this.#method, this.#knowledge, now);
  }

  /** Every neighbour as it is weighed, and those that may be chosen, cheapest first. */
  #weigh(demand: Demand, view: RoutingView, now: number) {
    const candidates: Candidate[] = [];
    const choices: Choice[] = [];
    for (const neighbour of view.neighbours) {
      const candidate = this.#candidate(neighbour, demand, view, now);
      candidates.push(candidate);
      if (candidate.excluded === undefined) choices.push({ candidate, neighbour });
    }
    choices.sort((a, b) => a.candidate.costMs - b.candidate.costMs);
    return { candidates, choices };
  }

  #candidate(neighbour: NeighbourView, demand: Demand, view: RoutingView, now: number): Candidate {
    const excluded = exclusion(neighbour, demand, view);
    const nothing = {
      neighbour: neighbour.id,
      costMs: Number.POSITIVE_INFINITY,
      confidence: 0,
      terms: NO_TERMS,
    };
    if (excluded !== undefined) return { ...nothing, excluded };
    const { terms, confidence } = this.#method.weigh(neighbour, demand, view, now);
    let costMs = 0;
    for (const part of Object.values(terms)) costMs += part;
    if (!(costMs < Number.POSITIVE_INFINITY)) return { ...nothing, terms, excluded: 'unreachable' };
    return { neighbour: neighbour.id, costMs, confidence, terms };
  }

  #pick(choices: readonly Choice[], demand: Demand, now: number, random: RoutingRandom) {
    const best = choices[0]!;
    if (this.#method.learns && best.candidate.confidence < CONFIDENCE_MIN) {
      const backbone = choices.filter(({ neighbour }) => neighbour.backbone);
      if (backbone.length > 0) return { choice: backbone[0]!, reason: 'backbone' as const };
    }
    const picked = this.#method.pick(choices, demand, now, random);
    // Home is where a flow goes back to: whatever it was led round has passed.
    if (picked.reason === 'kept') return picked;
    const kept = this.#method.sticks ? this.#flows.keeps(choices, demand.flow, now) : undefined;
    return kept === undefined ? picked : { choice: kept, reason: 'kept' as const };
  }
}
