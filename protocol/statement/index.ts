// in-toto statements: any, under keys one trusts; and those of agents, which verify alone. The only door of this folder.

export {
  type AgentStatement,
  isStatementOf,
  type SignAgentStatementInput,
  signAgentStatement,
  signedStatement,
  verifyAgentStatement,
} from './agent-statement.ts';
export * from './limits.ts';
export {
  RESULT_PAYLOAD_TYPE,
  resultPayload,
  verifyDeterministicSignature,
} from './predicates/deterministic-signature.ts';
export { readDeterministic } from './predicates/execution-receipt.ts';
export * from './predicates/import-facts.ts';
export { isOwnPredicateType, OWN_PREDICATE_TYPES, subjectsOf } from './predicates/index.ts';
export * from './predicates/payment-types.ts';
export { readQuarantineTarget } from './predicates/quarantine.ts';
export * from './predicates/quarantine-types.ts';
export { readTarget } from './predicates/revocation.ts';
export { outcomeOf } from './predicates/run-comparison.ts';
export * from './predicates/types.ts';
export { parseStatement, readDigestSet, readStatement } from './read.ts';
export { type SignStatementInput, signStatement, verifyStatement } from './statement.ts';
export {
  type DigestSet,
  STATEMENT_PAYLOAD_TYPE,
  STATEMENT_TYPE,
  STATEMENT_TYPE_V01,
  type Statement,
  type Subject,
} from './types.ts';
