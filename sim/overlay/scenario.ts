// Scenarios that rank routing policies: relays in regions, edges that ask each other through them, and what goes wrong.

/** What can be wrong with a relay. A liar reports short links, answers probes and hand-overs at once, and forwards late or never. */
export type Fault = 'jitter' | 'loss' | 'slow' | 'killed' | 'lying';

export const FAULTS: readonly Fault[] = ['jitter', 'loss', 'slow', 'killed', 'lying'];

export interface OverlayScenario {
  readonly name: string;
  readonly seed: number;
  readonly relays: number;
  readonly regions: number;
  readonly edges: number;
  /** Relays that an edge is connected with: all of them makes every path one relay long. */
  readonly homes: number | 'all';
  /** Other edges that an edge talks to. */
  readonly partners: number;
  /** Requests of all edges together in a second. */
  readonly rate: number;
  /** Work of a relay for each message that passes, in milliseconds. */
  readonly serviceMs: number;
  /** Faults that happen; none means that nothing is ever wrong. */
  readonly faults: readonly Fault[];
  /** Mean seconds that a relay is well, and then is not. */
  readonly wellS: number;
  readonly faultyS: number;
  readonly settleS: number;
  readonly measureS: number;
}

const BASE = {
  seed: 1,
  relays: 12,
  regions: 3,
  edges: 40,
  partners: 4,
  serviceMs: 10,
  wellS: 120,
  faultyS: 35,
  settleS: 60,
  measureS: 300,
} as const;

/** Edges see every relay: a choice of one relay for each request. A quarter of the relays' capacity is asked for. */
export const ONE_HOP: OverlayScenario = {
  ...BASE,
  name: 'one hop',
  homes: 'all',
  rate: 150,
  faults: FAULTS,
};

/** Edges see three relays of their own region: a path of two or three relays for each request. */
export const MULTI_HOP: OverlayScenario = {
  ...BASE,
  name: 'several hops',
  homes: 3,
  rate: 80,
  faults: FAULTS,
};

/** The same network with nothing wrong. */
export function healthy(scenario: OverlayScenario): OverlayScenario {
  return { ...scenario, name: `${scenario.name}, nothing wrong`, faults: [] };
}
