// The one scenario format, for every tier. The JSON schema in docs/reference is this object.

import Type, { type Static } from 'typebox';
import { networkSchema, SECONDS_MAX, topologySchema } from './network-schema.ts';
import { adversariesSchema, claimsSchema, workloadSchema } from './workload-schema.ts';

const closed = { additionalProperties: false } as const;
/** Seeds of one run: 1,000 for determinism, and room. */
export const SEEDS_MAX: number = 10_000;

/** Tiers: T0 real nodes over TCP, T1 real libp2p under virtual time, T2 the protocol's cores on an event heap, T3 models. */
export const TIERS = ['T0', 'T1', 'T2', 'T3'] as const;
export type TierId = (typeof TIERS)[number];

const seeds = Type.Object(
  {
    first: Type.Integer({ default: 1, minimum: 0, maximum: 2 ** 48, description: 'First seed.' }),
    count: Type.Integer({
      default: 10,
      minimum: 1,
      maximum: SEEDS_MAX,
      description: 'Runs, each with the next seed; intervals are over these.',
    }),
  },
  { ...closed, default: {}, description: 'Seeds of all randomness.' },
);

const protocol = Type.Object(
  {
    antiEntropySeconds: Type.Number({
      default: 10,
      minimum: 0,
      maximum: 86_400,
      description: 'Mean time between two comparisons that a node begins with a neighbour; 0: none.',
    }),
    gossip: Type.Enum(['mesh', 'flood', 'none'], {
      default: 'mesh',
      description: 'Gossip: along a mesh with lazy announcements, to every neighbour, or none.',
    }),
    meshDegree: Type.Integer({ default: 6, minimum: 1, maximum: 32, description: 'Links of a mesh (D).' }),
    heartbeatSeconds: Type.Number({
      default: 1,
      minimum: 0.1,
      maximum: 60,
      description: 'Time between two announcements of what is held.',
    }),
    admission: Type.Boolean({ default: true, description: 'Budgets and penalties of peers.' }),
  },
  { ...closed, default: {}, description: 'Settings of the protocol.' },
);

const measure = Type.Object(
  {
    everySeconds: Type.Number({
      default: 1,
      minimum: 0.01,
      maximum: 86_400,
      description: 'Time between two samples of what is measured over time.',
    }),
    roundTripShare: Type.Number({
      default: 0.01,
      minimum: 0,
      maximum: 1,
      description: 'Share of the messages that are encoded, decoded and compared (T2).',
    }),
  },
  { ...closed, default: {}, description: 'What is measured.' },
);

export const scenarioSchema = Type.Object(
  {
    name: Type.String({
      default: 'unnamed',
      pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
      description: 'Name of the scenario and of its runs.',
    }),
    summary: Type.String({ default: '', maxLength: 500, description: 'What it is for.' }),
    tier: Type.Enum([...TIERS], {
      default: 'T2',
      description: 'T0: real nodes over TCP. T1: real libp2p, virtual time. T2: protocol cores. T3: models.',
    }),
    seeds,
    seconds: Type.Number({
      default: 60,
      minimum: 0.001,
      maximum: SECONDS_MAX,
      description: 'Virtual seconds of a run.',
    }),
    topology: topologySchema,
    network: networkSchema,
    protocol,
    workload: workloadSchema,
    adversaries: adversariesSchema,
    measure,
    claims: claimsSchema,
  },
  { ...closed, title: 'zerostate simulation scenario' },
);

/** A whole scenario: every default is filled in. Read-only by custom; workers get structured clones. */
export type Scenario = Static<typeof scenarioSchema>;
export type AdversarySpec = Scenario['adversaries'][number];
export type AdversaryKind = AdversarySpec['kind'];
export type Claim = Scenario['claims'][number];
