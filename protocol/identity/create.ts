// Makes and rotates agent keys. Seeds and times are arguments: this file neither draws keys nor reads a clock.

import { mlDsa65KeyOfSeed, publicKeyOfSeed } from '../crypto/index.ts';
import {
  didKeyOf,
  type Envelope,
  envelopeId,
  multikeyOf,
  postQuantumSigner,
  seedSigner,
  signEnvelope,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonObject } from '../json/index.ts';
import { agentIdOf, keyCommitment } from './agent-id.ts';
import {
  AGENT_ROOT_TYPE,
  type AgentId,
  type AgentRoot,
  KEY_DELEGATION_TYPE,
  type Keychain,
  type KeyDelegation,
} from './types.ts';
import { verifyKeychain } from './verify.ts';

/** The operational key to delegate to, and for how long (RFC 3339 UTC). */
export interface DelegationInput {
  readonly operationalPublicKey: Uint8Array;
  readonly notBefore: string;
  readonly notAfter: string;
  /** ML-DSA-65 keys, exactly when the agent was created with them. */
  readonly postQuantum?: { readonly identitySeed: Uint8Array; readonly operationalPublicKey: Uint8Array };
}

export interface AgentKeysInput extends DelegationInput {
  /** Seed of the identity key of epoch 0. */
  readonly identitySeed: Uint8Array;
  /** Public key of the identity key of the next epoch. Its seed belongs on paper, not on this machine. */
  readonly nextIdentityPublicKey: Uint8Array;
}

export interface RotationInput extends DelegationInput {
  readonly keychain: Keychain;
  /** Seed of the key that the last root promised; it becomes the identity key. */
  readonly promisedSeed: Uint8Array;
  /** Seed of the identity key in force until now; leave it out only when it is lost. Without it a thief of the promised key draws level. */
  readonly currentSeed?: Uint8Array;
  /** Public key promised for the epoch after this one. */
  readonly nextIdentityPublicKey: Uint8Array;
}

function signRoot(root: AgentRoot, seeds: readonly Uint8Array[]): Envelope {
  return signEnvelope({
    payloadType: AGENT_ROOT_TYPE,
    payload: canonicalJson(root as JsonObject),
    signers: seeds.map(seedSigner),
  });
}

function delegate(
  agentId: AgentId,
  root: Envelope,
  epoch: number,
  serial: number,
  identitySeed: Uint8Array,
  input: DelegationInput,
): Envelope {
  const { postQuantum } = input;
  const delegation: KeyDelegation = {
    type: 'KeyDelegation',
    version: 1,
    agent: agentId,
    epoch,
    root: envelopeId(root),
    serial,
    operationalKey: didKeyOf(input.operationalPublicKey),
    notBefore: input.notBefore,
    notAfter: input.notAfter,
    ...(postQuantum === undefined
      ? {}
      : {
          postQuantumIdentityKey: multikeyOf(mlDsa65KeyOfSeed(postQuantum.identitySeed)),
          postQuantumKey: multikeyOf(postQuantum.operationalPublicKey),
        }),
  };
  const signers = [
    seedSigner(identitySeed),
    ...(postQuantum === undefined ? [] : [postQuantumSigner(postQuantum.identitySeed)]),
  ];
  return signEnvelope({
    payloadType: KEY_DELEGATION_TYPE,
    payload: canonicalJson(delegation as JsonObject),
    signers,
  });
}

function checked(agentId: AgentId, keychain: Keychain): { agentId: AgentId; keychain: Keychain } {
  verifyKeychain(keychain);
  return { agentId, keychain };
}

/** A new agent: its id and its first keychain. Errors: KEY_INVALID, KEYCHAIN_INVALID, DECODE_FAILED. */
export function createAgentKeys(input: AgentKeysInput): { agentId: AgentId; keychain: Keychain } {
  const root = signRoot(
    {
      type: 'AgentRoot',
      version: 1,
      agent: null,
      epoch: 0,
      previous: null,
      identityKey: didKeyOf(publicKeyOfSeed(input.identitySeed)),
      nextKey: keyCommitment(input.nextIdentityPublicKey),
      countersigned: false,
      ...(input.postQuantum === undefined
        ? {}
        : { postQuantumIdentity: keyCommitment(mlDsa65KeyOfSeed(input.postQuantum.identitySeed)) }),
    },
    [input.identitySeed],
  );
  const agentId = agentIdOf(root);
  return checked(agentId, {
    roots: [root],
    delegation: delegate(agentId, root, 0, 1, input.identitySeed, input),
  });
}

/**
 * A new epoch: the promised key takes over and delegates a new operational key; the agent's id stays.
 * Errors: KEYCHAIN_INVALID when the seed is not the promised one, LIMIT_EXCEEDED after ROOTS_MAX epochs.
 */
export function rotateIdentity(input: RotationInput): { agentId: AgentId; keychain: Keychain } {
  const keys = verifyKeychain(input.keychain);
  const identityKey = publicKeyOfSeed(input.promisedSeed);
  if (keyCommitment(identityKey) !== keys.nextKey)
    throw new ZeroError('KEYCHAIN_INVALID', 'the seed is not the one that the last root promised');
  const epoch = keys.epoch + 1;
  const root = signRoot(
    {
      type: 'AgentRoot',
      version: 1,
      agent: keys.agentId,
      epoch,
      previous: keys.rootIds.at(-1) as string,
      identityKey: didKeyOf(identityKey),
      nextKey: keyCommitment(input.nextIdentityPublicKey),
      countersigned: input.currentSeed !== undefined,
    },
    input.currentSeed === undefined ? [input.promisedSeed] : [input.promisedSeed, input.currentSeed],
  );
  const delegation = delegate(keys.agentId, root, epoch, 1, input.promisedSeed, input);
  return checked(keys.agentId, { roots: [...input.keychain.roots, root], delegation });
}

/** A new operational key in the same epoch: the next serial. Errors: SIGNATURE_INVALID when the seed is not the identity key's. */
export function delegateOperationalKey(
  input: DelegationInput & { keychain: Keychain; identitySeed: Uint8Array },
): { agentId: AgentId; keychain: Keychain } {
  const keys = verifyKeychain(input.keychain);
  const root = input.keychain.roots.at(-1) as Envelope;
  const delegation = delegate(keys.agentId, root, keys.epoch, keys.serial + 1, input.identitySeed, input);
  return checked(keys.agentId, { roots: input.keychain.roots, delegation });
}
