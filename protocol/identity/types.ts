// The shapes of agent keys. Two roles: the identity key, kept apart and seldom used, and the operational key, hot on a node.

import type { Envelope, EnvelopeJson } from '../envelope/index.ts';

/** 'zs:' and the content id of the agent's first root. It stays the same through every rotation. */
export type AgentId = string;

export const AGENT_ROOT_TYPE = 'application/vnd.zerostate.agent-root+json';
export const KEY_DELEGATION_TYPE = 'application/vnd.zerostate.key-delegation+json';

/** One link of the identity chain. */
export type AgentRoot = {
  type: 'AgentRoot';
  version: 1;
  /** null in the first root, which names the agent by its own hash. */
  agent: AgentId | null;
  epoch: number;
  /** Content id of the root before, null in the first. */
  previous: string | null;
  /** did:key of the identity key of this epoch. */
  identityKey: string;
  /** 'sha256:<hex>' of the public key that alone can sign the next root. */
  nextKey: string;
  /** True when the identity key of the epoch before signed this root too. */
  countersigned: boolean;
  /**
   * First root only: 'sha256:<hex>' of an ML-DSA-65 key that must sign every delegation of this agent. It holds for the agent's
   * whole life, because the agent's id is the hash of this root: who breaks Ed25519 still cannot delegate.
   */
  postQuantumIdentity?: string;
};

/** The identity key's word that an operational key speaks for the agent. */
export type KeyDelegation = {
  type: 'KeyDelegation';
  version: 1;
  agent: AgentId;
  epoch: number;
  /** Content id of the root of that epoch. */
  root: string;
  /** Grows by one with each operational key of the epoch; starts at 1. */
  serial: number;
  operationalKey: string;
  notBefore: string;
  notAfter: string;
  /** The committed ML-DSA-65 identity key, as a Multikey; exactly when the first root commits to one. */
  postQuantumIdentityKey?: string;
  /** The ML-DSA-65 operational key, as a Multikey; exactly when the first root commits to an identity key. */
  postQuantumKey?: string;
};

/** What a stranger needs to know an agent's keys: at most ROOTS_MAX roots, oldest first, and one delegation. */
export interface Keychain {
  readonly roots: readonly Envelope[];
  readonly delegation: Envelope;
}

/** A keychain inside JSON objects. */
export type KeychainJson = {
  roots: EnvelopeJson[];
  delegation: EnvelopeJson;
};

/** Where a set of keys stands in the agent's history; see compareKeyOrder. */
export interface KeyOrder {
  /** Content ids of the roots, oldest first. */
  readonly rootIds: readonly string[];
  /** For each root: was it signed by the identity key before it as well? */
  readonly countersigned: readonly boolean[];
  readonly serial: number;
}

/** What a verified keychain says. Keys are did:key texts; the same as bytes beside them. */
export interface AgentKeys extends KeyOrder {
  readonly agentId: AgentId;
  readonly epoch: number;
  readonly identityKey: string;
  readonly operationalKey: string;
  readonly identityPublicKey: Uint8Array;
  readonly operationalPublicKey: Uint8Array;
  /** ML-DSA-65 keys; null when the agent has none. All that such an agent signs carries a second signature. */
  readonly postQuantumIdentityKey: Uint8Array | null;
  readonly postQuantumKey: Uint8Array | null;
  /** Commitment to the identity key of the next epoch. */
  readonly nextKey: string;
  readonly notBefore: string;
  readonly notAfter: string;
}
