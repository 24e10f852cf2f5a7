// Agent keys: ids that survive rotation, identity and operational keys, keychains. The only door of this folder.

export { agentIdOf, isAgentId, keyCommitment, requireAgentId } from './agent-id.ts';
export {
  type AgentKeysInput,
  createAgentKeys,
  type DelegationInput,
  delegateOperationalKey,
  type RotationInput,
  rotateIdentity,
} from './create.ts';
export { keychainFromJson, keychainToJson } from './json-form.ts';
export { withKeychains } from './keychain-ahead.ts';
export { KEY_SERIAL_MAX, ROOTS_MAX } from './limits.ts';
export { compareKeyOrder, isForked } from './order.ts';
export {
  AGENT_ROOT_TYPE,
  type AgentId,
  type AgentKeys,
  type AgentRoot,
  KEY_DELEGATION_TYPE,
  type Keychain,
  type KeychainJson,
  type KeyDelegation,
  type KeyOrder,
} from './types.ts';
export {
  checkKeysTime,
  identityKeysOf,
  operationalKeysOf,
  requirePostQuantum,
  verifyKeychain,
} from './verify.ts';
export { sharedKeychainJson, verifyKeychainJson } from './verify-json.ts';
