// What differs between policies. The router around a method keeps the promises that all share: exclusions, freedom from loops,
// the backbone, hysteresis, bounds. A method only weighs and picks.

import type { JsonObject } from '../json/index.ts';
import type {
  Candidate,
  ChoiceReason,
  Demand,
  DestinationId,
  NeighbourId,
  NeighbourView,
  RoutingEffect,
  RoutingEvent,
  RoutingRandom,
  RoutingView,
} from './ports.ts';

/** Expected milliseconds by part; infinite when there is no way. */
export interface Weight {
  readonly terms: Readonly<Record<string, number>>;
  readonly confidence: number;
}

/** A candidate that may be chosen, with what the caller says of it. */
export interface Choice {
  readonly candidate: Candidate;
  readonly neighbour: NeighbourView;
}

export interface Picked {
  readonly choice: Choice;
  readonly reason: ChoiceReason;
}

export interface Method {
  readonly name: string;
  /** Falls back to the backbone while unsure. Baselines do not: they are always sure. */
  readonly learns: boolean;
  /** Keeps a flow where it is while nothing is better by enough. */
  readonly sticks: boolean;
  /** Begins a second path beside one that is late: what others do not, as they keep no estimate of the tail. */
  readonly races?: boolean;
  /** Shall what runs on a path that is expected to take so long, or was measured to, move to the best of these, cheapest first? Absent: what has a path keeps it. */
  leaves?(presentMs: number, choices: readonly Choice[], isMeasured: boolean): boolean;
  /** Relays that the way behind a neighbour shall go round. Absent: it goes as those on it choose. */
  around?(
    next: NeighbourId,
    demand: Pick<Demand, 'destination' | 'ttl'>,
    now: number,
  ): readonly NeighbourId[];
  weigh(neighbour: NeighbourView, demand: Demand, view: RoutingView, now: number): Weight;
  /** Picks among those that may be chosen, cheapest first; never called with none. */
  pick(choices: readonly Choice[], demand: Demand, now: number, random: RoutingRandom): Picked;
  observe?(event: RoutingEvent, now: number): void;
  /** What it wants besides probes and reports. */
  tick?(view: RoutingView, now: number): readonly RoutingEffect[];
  /** Milliseconds from here to the destination; `exclude` is who asks. */
  remaining(destination: DestinationId, view: RoutingView, now: number, exclude?: NeighbourId): number;
  save?(now: number): JsonObject;
  /** Takes up what save() gave; throws nothing, ignores what is malformed. */
  load?(saved: JsonObject, now: number): void;
}
