// Scenarios: the one format, its reader, and the port that every tier serves.

export { sampleEvery } from './bounds.ts';
export { completeScenario, parseScenario, readScenario, withOverrides } from './read.ts';
export {
  type AdversaryKind,
  type AdversarySpec,
  type Claim,
  type Scenario,
  SEEDS_MAX,
  scenarioSchema,
  TIERS,
  type TierId,
} from './schema.ts';
export type {
  CheckResult,
  Fidelity,
  Metrics,
  RunSinks,
  Sample,
  Session,
  Tier,
  TierResult,
  TraceLine,
} from './tier.ts';
export { ADVERSARY_KINDS } from './workload-schema.ts';
