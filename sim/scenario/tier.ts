// The port of a tier: how a scenario is run, and what comes out, the same for real nodes and for models. Types only.

import type { Scenario, TierId } from './schema.ts';

/** One part of a run, and whether it is the product's own code. */
export interface Fidelity {
  /** Such as 'sync' or 'transport'. */
  readonly part: string;
  readonly is: 'real' | 'modelled' | 'absent';
  /** Which code it is, or what the model assumes. */
  readonly how: string;
}

/** One measured number. Names are dotted and stable: 'statements.arrival.p95Ms'. The name ends in its unit. */
export type Metrics = Readonly<Record<string, number>>;

/** One line of the long CSV: a number at a time. */
export interface Sample {
  /** Virtual seconds. */
  readonly at: number;
  readonly metric: string;
  readonly value: number;
}

/** One line of the trace: what happened at a node. */
export interface TraceLine {
  /** Virtual microseconds. */
  readonly at: number;
  readonly kind: string;
  readonly node: number;
  /** The other node of a message; -1 when there is none. */
  readonly peer: number;
  readonly what: string;
}

/** What became of a property that must hold. */
export interface CheckResult {
  readonly name: string;
  readonly kind: 'safety' | 'liveness';
  readonly ok: boolean;
  /** Times that it was looked at; 0 says that nothing in this scenario could break it. */
  readonly looked: number;
  /** The first failure in words; empty when it holds. */
  readonly detail: string;
  /** Virtual seconds of the first failure; -1 when it holds. */
  readonly at: number;
}

export interface TierResult {
  readonly tier: TierId;
  readonly fidelity: readonly Fidelity[];
  readonly events: number;
  readonly virtualSeconds: number;
  /** Fingerprint of all that happened; empty where runs cannot repeat (T0). */
  readonly traceHash: string;
  readonly metrics: Metrics;
  readonly samples: readonly Sample[];
  readonly checks: readonly CheckResult[];
}

/** Where a run tells what goes on. Every part may be absent. */
export interface RunSinks {
  /** Told now and then: virtual seconds so far, and events handled. */
  readonly progress?: (virtualSeconds: number, events: number) => void;
  /** Told of what happens at nodes; a tier does nothing for it when it is absent. */
  readonly trace?: (line: TraceLine) => void;
  /** File in which T1 writes everything that happens, to find where two runs part; other tiers do not look at it. */
  readonly journal?: string;
  /** Stops a run between two events. */
  readonly signal?: AbortSignal;
}

/** Plain JSON, for people. */
type State = Readonly<Record<string, unknown>>;

/** A run that can be stopped and looked into. */
export interface Session {
  /** Virtual seconds. */
  readonly now: number;
  /** Handles events up to and with this virtual second. Answers false when nothing is left to do. */
  advance(untilSeconds: number): Promise<boolean>;
  /** What is known of a node, for people: plain JSON. */
  inspect(node: number): State | Promise<State>;
  /** Of the whole network. */
  overview(): State | Promise<State>;
  /** The result as of now; liveness is judged only at the scenario's end. */
  result(): TierResult | Promise<TierResult>;
  /** Ends it; absent where nothing is held. */
  close?(): Promise<void>;
}

/** One of the ways to run a scenario. */
export interface Tier {
  readonly id: TierId;
  readonly summary: string;
  /** Runs a scenario with one seed to its end. The same scenario and seed give the same result, but for T0. */
  run(scenario: Scenario, seed: number, sinks?: RunSinks): Promise<TierResult>;
  /** Begins a run that is driven from outside; absent where the tier cannot. */
  open?(scenario: Scenario, seed: number, sinks?: RunSinks): Promise<Session>;
}
