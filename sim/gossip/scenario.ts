// What a gossip run is given, with its bounds; and what it answers.

import { ZeroError } from '../../protocol/errors/index.ts';

/** Receptions that one run keeps track of (nodes times messages): ten bytes each. */
const RECEPTIONS_MAX = 50_000_000;

export interface GossipScenario {
  readonly seed: number;
  readonly nodes: number;
  /** Mean number of links of a node. */
  readonly degree: number;
  readonly messages: number;
  /** Milliseconds between two publications. */
  readonly publishEveryMs: number;
  /** Probability that one transmission is lost, from 0 to 0.9. */
  readonly loss: number;
  readonly delayMsMin: number;
  readonly delayMsMax: number;
  /** Mean of the exponential jitter that each transmission adds, in milliseconds. */
  readonly jitterMs: number;
  /** Milliseconds between two anti-entropy rounds of a node; 0 switches it off. */
  readonly antiEntropyMs: number;
  /** Virtual seconds after which the run ends, whatever is still under way. */
  readonly seconds: number;
}

export const DEFAULT_SCENARIO: GossipScenario = {
  seed: 1,
  nodes: 200,
  degree: 6,
  messages: 20,
  publishEveryMs: 250,
  loss: 0.05,
  delayMsMin: 2,
  delayMsMax: 150,
  jitterMs: 3,
  antiEntropyMs: 5_000,
  seconds: 60,
};

type Range = readonly [min: number, max: number, whole: boolean];

/** Smallest and largest value of each field, and whether it must be whole. */
export const SCENARIO_RANGES: Readonly<Record<keyof GossipScenario, Range>> = {
  seed: [0, Number.MAX_SAFE_INTEGER, true],
  nodes: [3, 1_000_000, true],
  degree: [2, 64, false],
  messages: [1, 1_000_000, true],
  publishEveryMs: [0, 3_600_000, false],
  loss: [0, 0.9, false],
  delayMsMin: [0, 60_000, false],
  delayMsMax: [0, 60_000, false],
  jitterMs: [0, 60_000, false],
  antiEntropyMs: [0, 3_600_000, false],
  seconds: [1, 86_400, false],
};

/** A whole scenario from the given parts. Throws SCENARIO_INVALID, naming the value. */
export function gossipScenario(parts: Partial<GossipScenario> = {}): GossipScenario {
  const scenario = { ...DEFAULT_SCENARIO, ...parts };
  for (const [name, [min, max, whole]] of Object.entries(SCENARIO_RANGES)) {
    const value = scenario[name as keyof GossipScenario];
    if (value >= min && value <= max && (!whole || Number.isInteger(value))) continue;
    const kind = whole ? 'a whole number' : 'a number';
    throw new ZeroError('SCENARIO_INVALID', `${name} is ${value}; it must be ${kind} from ${min} to ${max}`);
  }
  if (scenario.delayMsMin > scenario.delayMsMax) {
    throw new ZeroError('SCENARIO_INVALID', 'delayMsMin is larger than delayMsMax');
  }
  if (scenario.nodes * scenario.messages > RECEPTIONS_MAX) {
    throw new ZeroError('SCENARIO_INVALID', `nodes times messages is more than ${RECEPTIONS_MAX}`);
  }
  return scenario;
}

export interface GossipResult {
  /** Share of (node, message) pairs that arrived, from 0 to 1. */
  readonly coverage: number;
  /** Milliseconds of virtual time from publication to arrival. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly hops: { readonly mean: number; readonly max: number };
  /** Messages sent, lost ones included. */
  readonly transmissions: number;
  /** Arrivals of a message at a node that had it, per arrival at one that had not. */
  readonly duplicates: number;
  /** Share of the arrivals that anti-entropy brought. */
  readonly repaired: number;
  readonly events: number;
  /** Virtual seconds until nothing was left to do, or the scenario's end. */
  readonly virtualSeconds: number;
  readonly traceHash: string;
}
