// The one interface of a routing policy, and the types that its callers (a relay, an edge that picks a relay, the simulator)
// share. Types only: what a policy knows comes in as events and arguments, what it wants done goes out as effects. Times are
// milliseconds, and costs are expected milliseconds; only prices are money, hence bigint.

/** Whom a packet or stream can be handed to next. Opaque: a peer id in a node, a number as text in the simulator. */
export type NeighbourId = string;

/** Where a packet or stream must end. Opaque, in the same name space as neighbours. */
export type DestinationId = string;

/** What the sender needs: an answer while a person waits, an answer, or bytes moved. Weighs delay against price. */
export type SlaClass = 'interactive' | 'standard' | 'bulk';

/** Where randomness comes from; `RandomStream` of the simulator is one. */
export interface RoutingRandom {
  /** Number from 0 (inclusive) to 1 (exclusive). */
  unit(): number;
}

/** What is to be forwarded: one packet, or one stream that then keeps its path. */
export interface Demand {
  readonly destination: DestinationId;
  /** Hops that it may still take, this one included: with 1 only the destination itself can be next. */
  readonly ttl: number;
  readonly slaClass: SlaClass;
  /** Region that it must not leave, where the sender asks so. */
  readonly region?: string;
  /** Most that this hop may cost per MiB, in the smallest unit of money. */
  readonly priceCeiling?: bigint;
  /** Bytes that it is expected to move; 0 when unknown. */
  readonly bytes: number;
  /** Who had it before, the origin first: none of them is ever chosen again, which keeps every path free of loops. */
  readonly visited: readonly NeighbourId[];
  /** Names what should stay on one path while that path is good (a conversation, a client): the key of hysteresis. */
  readonly flow?: string;
}

/** What the caller knows of a neighbour now. What it never measured is absent. */
export interface NeighbourView {
  readonly id: NeighbourId;
  readonly region: string;
  /** Takes over what is for others (a relay). Something else is chosen only when it is the destination. */
  readonly forwards: boolean;
  /** On the configured backbone: where a demand goes when the policy is not sure. */
  readonly backbone: boolean;
  /** Connected, and not known to be dead or draining. */
  readonly up: boolean;
  /** The word of policy guards for this demand: false excludes it. Absent means allowed. */
  readonly allowed?: boolean;
  /** Last round trip of the transport. */
  readonly rttMs?: number;
  readonly jitterMs?: number;
  /** Share of packets or probes lost, 0 to 1. */
  readonly loss?: number;
  /** Asked for each MiB, in the smallest unit of money. */
  readonly pricePerMiB: bigint;
  /** Standing, 0 to 1. */
  readonly reputation: number;
  /** Demands handed to it by us and not yet answered. */
  readonly inFlight: number;
}

/** Where a choice is made. */
export interface RoutingView {
  readonly self: NeighbourId;
  readonly region: string;
  readonly neighbours: readonly NeighbourView[];
}

/** Why a neighbour was not considered. */
export type Exclusion =
  | 'down'
  | 'visited'
  | 'endpoint' // it forwards nothing, and is not the destination
  | 'forbidden'
  | 'region'
  | 'price'
  | 'ttl'
  | 'unreachable' // nobody says that there is a way through it
  | 'infeasible'; // its way is no shorter than ours

/** One neighbour as the policy weighed it: what `relay why` prints. */
export interface Candidate {
  readonly neighbour: NeighbourId;
  /** Expected milliseconds through it, penalties included: the sum of the terms. Infinity when excluded. */
  readonly costMs: number;
  /** 0 (nothing known) to 1 (measured lately and often). */
  readonly confidence: number;
  /** The parts of the cost by name, such as link, remainder, loss, price, region, reputation, load. */
  readonly terms: Readonly<Record<string, number>>;
  readonly excluded?: Exclusion;
}

/** How the choice came about. */
export type ChoiceReason =
  | 'destination' // the neighbour is the destination
  | 'best' // lowest cost
  | 'kept' // the flow stays where it was: nothing is better by enough
  | 'explored' // on purpose not the best, to learn (policies that explore with payload)
  | 'sampled' // drawn among the good ones, to spread load
  | 'backbone' // not sure enough: the configured path
  | 'none'; // nobody may take it

export interface Decision {
  /** Whom to hand it to; undefined when nobody may take it (then `reason` is none). */
  readonly next: NeighbourId | undefined;
  readonly reason: ChoiceReason;
  readonly policy: string;
  /** Every neighbour of the view, in the view's order. */
  readonly candidates: readonly Candidate[];
}

/** What one author says of its own links: flooded, signed by its author (the caller's matter), newest sequence wins. */
export interface LinkReport {
  readonly author: NeighbourId;
  readonly sequence: bigint;
  readonly region: string;
  readonly links: readonly ReportedLink[];
}

export interface ReportedLink {
  readonly to: NeighbourId | DestinationId;
  /** Expected milliseconds to hand something over that link, losses included. */
  readonly costMs: number;
}

/** What happened, as the caller saw it. */
export type RoutingEvent =
  /** A demand that we handed to a neighbour was taken over (or not), and what it knew of the rest: backward feedback. */
  | {
      readonly kind: 'handed';
      readonly neighbour: NeighbourId;
      readonly destination: DestinationId;
      readonly slaClass: SlaClass;
      /** False: refused, lost, or timed out on this link. */
      readonly ok: boolean;
      /** From our having it (our own queue included) to its having it, there and back; absent when not ok. */
      readonly tookMs?: number;
      /** Its own estimate from there to the destination. */
      readonly remainingMs?: number;
    }
  /** The whole way of a demand that went through a neighbour: set up, answered, or failed behind it. */
  | {
      readonly kind: 'finished';
      readonly neighbour: NeighbourId;
      readonly destination: DestinationId;
      readonly slaClass: SlaClass;
      readonly ok: boolean;
      /** From our handing it over to the answer of the destination; absent when not ok. */
      readonly tookMs?: number;
      /** Not ok, and the neighbour said so: it has no way. */
      readonly refused?: boolean;
      /** The relays that it went over, the neighbour first, where that is known. */
      readonly path?: readonly NeighbourId[];
    }
  /** What a path carries, once it stands: how long something took to the destination and back, or that nothing came. */
  | {
      readonly kind: 'carried';
      readonly destination: DestinationId;
      /** The relays on it, the neighbour first. */
      readonly path: readonly NeighbourId[];
      /** Absent: nothing came. */
      readonly tookMs?: number;
    }
  /** Something came in from a neighbour: its source, and what it took from there: forward feedback. */
  | {
      readonly kind: 'arrived';
      readonly neighbour: NeighbourId;
      readonly source: DestinationId;
      /** Time of the last link, as we measured it. */
      readonly tookMs: number;
      /** The previous hop's own estimate of the way back to the source. */
      readonly remainingMs: number;
    }
  /** The answer to a probe, or its loss (no `rttMs`). */
  | { readonly kind: 'probed'; readonly neighbour: NeighbourId; readonly rttMs?: number }
  /** The answer to an ask effect: the neighbour's estimate to a destination (full echo). */
  | {
      readonly kind: 'echoed';
      readonly neighbour: NeighbourId;
      readonly destination: DestinationId;
      readonly remainingMs: number;
    }
  /** A verified report came in, directly or flooded. */
  | { readonly kind: 'reported'; readonly report: LinkReport }
  /** A connection came up, or went. */
  | { readonly kind: 'up' | 'down'; readonly neighbour: NeighbourId };

/** What a policy wants done. The caller may do less (bounds, budgets); nothing breaks when it does. */
export type RoutingEffect =
  /** `isCalm`: its link is as usual, and only whether it still is has to be known. */
  | { readonly kind: 'probe'; readonly neighbour: NeighbourId; readonly isCalm: boolean }
  /** Flood it to the neighbours. */
  | { readonly kind: 'advertise'; readonly report: LinkReport }
  /** Ask a neighbour for its estimate to a destination. */
  | { readonly kind: 'ask'; readonly neighbour: NeighbourId; readonly destination: DestinationId }
  /** Somebody's reports do not fit what was measured: what a reputation event is made of. */
  | {
      readonly kind: 'discrepancy';
      readonly about: NeighbourId;
      readonly reportedMs: number;
      readonly measuredMs: number;
      /** Measurements behind it. */
      readonly samples: number;
    };

/** When a path is late, and whether another may be begun beside it. */
export interface RoutingPace {
  /** Milliseconds after which a path that is not set up is late. */
  readonly lateMs: number;
  /** A path was set up, and took so long. */
  took(ms: number): void;
  /** May a second path be begun now? Spends what it costs. */
  spend(): boolean;
}

/** A way to route. Deterministic: the same calls with the same random stream give the same decisions. */
export interface RoutingPolicy {
  readonly name: string;
  /** When to begin a second path beside one that is late; undefined: one path at a time, and the next once it failed. Which: the policy chooses again, round the first. */
  readonly pace: RoutingPace | undefined;
  /** Picks the next hop. Never a neighbour that is down, forbidden, too dear, or already visited. Changes no estimates. */
  choose(demand: Demand, view: RoutingView, now: number, random: RoutingRandom): Decision;
  /**
   * Milliseconds that a path which stands, the neighbour first, is expected to take, where so much less would do that what runs on it shall move;
   * undefined: it stays. Policies that settle a path once and for all answer nothing else. `measuredMs`: what something just took over it, there and
   * back, which says more than any estimate.
   */
  outworn(
    path: readonly NeighbourId[],
    demand: Demand,
    view: RoutingView,
    now: number,
    measuredMs?: number,
  ): number | undefined;
  /**
   * Relays that a demand which begins here, and is handed to this neighbour, shall go round on its further way: those through whom ways were found to be
   * worse than they say, the worst first, as far as there is a way without them. Relays on the way choose by what they found themselves, which need
   * not be the same yet.
   */
  around(next: NeighbourId, demand: Pick<Demand, 'destination' | 'ttl'>, now: number): readonly NeighbourId[];
  /** Learns from what happened. Ignores what names unknown parties beyond its bounds. */
  observe(event: RoutingEvent, now: number): void;
  /** To be called about once in TICK_MS: decay, probes, advertisements. */
  tick(view: RoutingView, now: number, random: RoutingRandom): readonly RoutingEffect[];
  /**
   * Own estimate from here to a destination: what is told to the previous hop as `remainingMs`, and answers an ask. Infinity
   * when there is no way; `exclude` is the asker, through whom no way is counted (split horizon).
   */
  remaining(destination: DestinationId, view: RoutingView, now: number, exclude?: NeighbourId): number;
  /** The learned state as bounded, versioned canonical JSON bytes. */
  snapshot(now: number): Uint8Array;
  /** Takes up a snapshot; false when it is of another version or policy, malformed, or too large: then it starts afresh. */
  restore(bytes: Uint8Array, now: number): boolean;
}
