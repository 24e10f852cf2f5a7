// Policies of a node: what may be found, run, relied on, connected and relayed, and why. The only door of this folder.

export { type ActivePolicy, QUARANTINE } from './active-policy.ts';
export type { KeptBundle, PolicySwitch } from './bundle-store.ts';
export { cedarLanguage, checkQuestion, readCedar } from './cedar.ts';
export { CLOSED_POLICIES, DEFAULT_POLICIES } from './default-policies.ts';
export { degradedReasons } from './degraded.ts';
export { agentOf, type NodeFacts, nodeOf, unknownAgent } from './entities.ts';
export { PolicyEpochs } from './epochs.ts';
export { Gate, type Standing } from './gate.ts';
export { makeGates, makePolicy } from './make-policy.ts';
export { type ForwardFacts, type ForwardWord, NetworkPolicy } from './network-policy.ts';
export { type Override, Overrides } from './overrides.ts';
export { makePolicyKey, readPolicyKey } from './policy-key.ts';
export { type Decided, PolicyService, type Replay } from './policy-service.ts';
export { SCHEMA_TEXT } from './schema.ts';
export { type StatementClaim, Verdicts } from './verdicts.ts';
