// Verifies keychains: the one way from an agent id to the keys that speak for it. No clock: see checkKeysTime.

import {
  checkEnvelope,
  type Envelope,
  envelopeId,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { timeMs } from '../fields/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { agentIdOf, firstRootIdOf, keyCommitment } from './agent-id.ts';
import { KEY_PAYLOAD_BYTES_MAX, ROOTS_MAX } from './limits.ts';
import { readDelegation, readRoot } from './read.ts';
import {
  AGENT_ROOT_TYPE,
  type AgentKeys,
  type AgentRoot,
  KEY_DELEGATION_TYPE,
  type Keychain,
  type KeyDelegation,
} from './types.ts';

function refuse(message: string): never {
  throw new ZeroError('KEYCHAIN_INVALID', message);
}

function requireType(envelope: Envelope, type: string, where: string): void {
  if (envelope.payloadType !== type)
    refuse(`${where} has the payload type ${envelope.payloadType.slice(0, 80)}`);
}

interface Link {
  readonly root: AgentRoot;
  readonly id: string;
}

// TUF's chain rule, with the pre-committed key in the place of the new threshold: the new key must be the one promised, and
// the old key signs as well wherever it still exists ("countersigned").
function verifyRoot(envelope: Envelope, epoch: number, agentId: string, before: Link | undefined): Link {
  const where = `root ${epoch}`;
  requireType(envelope, AGENT_ROOT_TYPE, where);
  const root = readRoot(envelope.payload, where);
  if (root.epoch !== epoch) refuse(`${where} says it is root ${root.epoch}`);
  const key = publicKeyOfDidKey(root.identityKey);
  if (root.nextKey === keyCommitment(key)) refuse(`${where} promises the same key again`);
  const signers = [key];
  if (before !== undefined) {
    if (root.agent !== agentId) refuse(`${where} belongs to another agent`);
    if (root.previous !== before.id) refuse(`${where} does not follow the root before it`);
    if (keyCommitment(key) !== before.root.nextKey)
      refuse(`${where} does not use the key that the root before it promised`);
    if (root.countersigned) signers.push(publicKeyOfDidKey(before.root.identityKey));
  }
  verifyExactly(envelope, signers);
  return { root, id: before === undefined ? firstRootIdOf(agentId) : envelopeId(envelope) };
}

interface PostQuantumKeys {
  readonly identity: Uint8Array;
  readonly operational: Uint8Array;
}

// All or nothing: an agent whose first root commits to an ML-DSA-65 key has one in each role, any other has none.
function postQuantumKeys(delegation: KeyDelegation, commitment: string | undefined): PostQuantumKeys | null {
  const { postQuantumIdentityKey, postQuantumKey } = delegation;
  if (commitment === undefined) {
    if (postQuantumIdentityKey !== undefined || postQuantumKey !== undefined)
      refuse('delegation names post-quantum keys that the first root does not commit to');
    return null;
  }
  if (postQuantumIdentityKey === undefined || postQuantumKey === undefined)
    refuse('delegation lacks the post-quantum keys that the first root demands');
  if (postQuantumIdentityKey === postQuantumKey)
    refuse('the post-quantum operational key is the identity key');
  const identity = publicKeyOfMultikey(postQuantumIdentityKey);
  if (keyCommitment(identity) !== commitment)
    refuse('delegation uses another post-quantum key than the first root commits to');
  return { identity, operational: publicKeyOfMultikey(postQuantumKey) };
}

// The delegation carries the post-quantum key that signs it, so it is read before it is verified; nothing of it is used before.
function verifyDelegation(
  envelope: Envelope,
  agentId: string,
  first: Link,
  last: Link,
): [KeyDelegation, PostQuantumKeys | null] {
  requireType(envelope, KEY_DELEGATION_TYPE, 'delegation');
  const delegation = readDelegation(envelope.payload, 'delegation');
  const postQuantum = postQuantumKeys(delegation, first.root.postQuantumIdentity);
  verifyExactly(envelope, [
    publicKeyOfDidKey(last.root.identityKey),
    ...(postQuantum === null ? [] : [postQuantum.identity]),
  ]);
  if (delegation.agent !== agentId) refuse('delegation belongs to another agent');
  if (delegation.epoch !== last.root.epoch || delegation.root !== last.id)
    refuse('delegation belongs to another root');
  if (delegation.operationalKey === last.root.identityKey) refuse('the operational key is the identity key');
  if (keyCommitment(publicKeyOfDidKey(delegation.operationalKey)) === last.root.nextKey)
    refuse('the operational key is the promised next identity key');
  return [delegation, postQuantum];
}

function verifyLinks(keychain: Keychain): AgentKeys {
  const first = keychain.roots[0] as Envelope;
  const agentId = agentIdOf(first);
  const links: Link[] = [];
  for (const [epoch, envelope] of keychain.roots.entries())
    links.push(verifyRoot(envelope, epoch, agentId, links.at(-1)));
  const last = links.at(-1) as Link;
  const [delegation, postQuantum] = verifyDelegation(keychain.delegation, agentId, links[0] as Link, last);
  return Object.freeze({
    agentId,
    epoch: last.root.epoch,
    serial: delegation.serial,
    rootIds: Object.freeze(links.map((link) => link.id)),
    countersigned: Object.freeze(links.map((link) => link.root.countersigned)),
    identityKey: last.root.identityKey,
    operationalKey: delegation.operationalKey,
    identityPublicKey: publicKeyOfDidKey(last.root.identityKey),
    operationalPublicKey: publicKeyOfDidKey(delegation.operationalKey),
    postQuantumIdentityKey: postQuantum?.identity ?? null,
    postQuantumKey: postQuantum?.operational ?? null,
    nextKey: last.root.nextKey,
    notBefore: delegation.notBefore,
    notAfter: delegation.notAfter,
  });
}

/**
 * Verifies every link of a keychain and returns what it says. For keychains inside JSON objects use verifyKeychainJson, which
 * remembers its results. Errors: KEYCHAIN_INVALID, SIGNATURE_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyKeychain(keychain: Keychain): Verified<AgentKeys> {
  if (keychain.roots.length === 0) refuse('keychain has no root');
  if (keychain.roots.length > ROOTS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `keychain has more than ${ROOTS_MAX} roots`);
  for (const envelope of [...keychain.roots, keychain.delegation])
    checkEnvelope(envelope, { payloadBytesMax: KEY_PAYLOAD_BYTES_MAX });
  return markVerified(verifyLinks(keychain));
}

/** The keys that must have signed what the operational role says, in order. */
export function operationalKeysOf(keys: AgentKeys): Uint8Array[] {
  return keys.postQuantumKey === null
    ? [keys.operationalPublicKey]
    : [keys.operationalPublicKey, keys.postQuantumKey];
}

/** The keys that must have signed what the identity role says, in order. */
export function identityKeysOf(keys: AgentKeys): Uint8Array[] {
  return keys.postQuantumIdentityKey === null
    ? [keys.identityPublicKey]
    : [keys.identityPublicKey, keys.postQuantumIdentityKey];
}

/** For policies that demand it: throws POST_QUANTUM_REQUIRED unless everything of this agent carries ML-DSA-65 signatures. */
export function requirePostQuantum(keys: AgentKeys): void {
  if (keys.postQuantumKey === null)
    throw new ZeroError('POST_QUANTUM_REQUIRED', 'the agent has no post-quantum keys', {
      details: { agentId: keys.agentId },
    });
}

/** Is the delegation in force at this time (milliseconds since 1970)? */
export function checkKeysTime(
  keys: Pick<AgentKeys, 'notBefore' | 'notAfter'>,
  nowMs: number,
): 'valid' | 'expired' | 'not-yet-valid' {
  if (nowMs < timeMs(keys.notBefore)) return 'not-yet-valid';
  return nowMs < timeMs(keys.notAfter) ? 'valid' : 'expired';
}
