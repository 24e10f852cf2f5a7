// What stands in a member's leaf of the group's key tree: the agent's word, under its operational keys, that this key speaks for it in guilds
// on that node, with the keychain to check it. So every member can judge every other one offline.

import { toHex } from '../bytes/index.ts';
import {
  checkEnvelope,
  type EnvelopeJson,
  envelopeFromJson,
  envelopeToJson,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import {
  type AgentId,
  type AgentKeys,
  checkKeysTime,
  type Keychain,
  keychainToJson,
  operationalKeysOf,
  requireAgentId,
  verifyKeychainJson,
} from '../identity/index.ts';
import { canonicalJson, type JsonObject, parseStrictJson } from '../json/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { GUILD_CLOCK_TOLERANCE_MS, GUILD_CREDENTIAL_BYTES_MAX, GUILD_TTL_MS_MAX } from './limits.ts';
import { GUILD_KEY_TYPE } from './types.ts';

/** Longest life of a binding: the longest membership, and the time that a prepared key waits for it. */
export const GUILD_KEY_AGE_MS_MAX = 2 * GUILD_TTL_MS_MAX;

/** What a credential says. */
export interface GuildCredential {
  readonly agent: AgentId;
  /** Peer id of the node where the agent takes messages. */
  readonly peer: string;
  /** Ed25519 key of the leaf: it signs inside the group only, and dies with it. */
  readonly signatureKey: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface SignCredentialInput extends GuildCredential {
  readonly keychain: Keychain;
  /** The agent's operational signers, in order. */
  readonly signers: readonly Signer[];
}

/** A verified credential, and the keys of its agent. */
export interface VerifiedCredential extends GuildCredential {
  readonly keys: Verified<AgentKeys>;
}

/** The bytes of a credential. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function signCredential(input: SignCredentialInput): Uint8Array {
  const { agent, peer, signatureKey, notBeforeMs, notAfterMs, keychain, signers } = input;
  const payload = canonicalJson({
    type: 'GuildKey',
    version: 1,
    agent,
    peer,
    signatureKey: toHex(signatureKey),
    notBeforeMs,
    notAfterMs,
  });
  const binding: EnvelopeJson = envelopeToJson(
    signEnvelope({ payloadType: GUILD_KEY_TYPE, payload, signers }),
  );
  return canonicalJson({ binding, keychain: keychainToJson(keychain) } as unknown as JsonObject);
}

function readBinding(payload: Uint8Array): GuildCredential {
  const fields = new Fields(parseStrictJson(payload), 'guild key', [
    'type',
    'version',
    'agent',
    'peer',
    'signatureKey',
    'notBeforeMs',
    'notAfterMs',
  ]);
  fields.constant('type', 'GuildKey');
  fields.constant('version', 1);
  const key = fields.text('signatureKey', { min: 64, max: 64, pattern: /^[0-9a-f]+$/ });
  return {
    agent: requireAgentId(fields.raw('agent'), 'guild key.agent'),
    peer: fields.text('peer', { max: 64, pattern: /^[1-9A-HJ-NP-Za-km-z]+$/ }),
    signatureKey: Uint8Array.from({ length: 32 }, (_, at) =>
      Number.parseInt(key.slice(2 * at, 2 * at + 2), 16),
    ),
    notBeforeMs: fields.integer('notBeforeMs', 0),
    notAfterMs: fields.integer('notAfterMs', 0),
  };
}

/** Verifies a credential at `now`. Errors: SIGNATURE_INVALID, KEYCHAIN_INVALID, KEY_INVALID, DECODE_FAILED, LIMIT_EXCEEDED. */
export function verifyCredential(bytes: Uint8Array, now: number): Verified<VerifiedCredential> {
  const credential = readCredential(bytes);
  checkCredentialTime(credential, now);
  return credential;
}

/** Verifies the signatures of a credential; whether it is in force is for checkCredentialTime. Errors: those of verifyCredential. */
export function readCredential(bytes: Uint8Array): Verified<VerifiedCredential> {
  if (bytes.length > GUILD_CREDENTIAL_BYTES_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `a guild credential has more than ${GUILD_CREDENTIAL_BYTES_MAX} bytes`,
    );
  const fields = new Fields(parseStrictJson(bytes), 'guild credential', ['binding', 'keychain']);
  const keys = verifyKeychainJson(fields.raw('keychain'), 'guild credential.keychain');
  const envelope = checkEnvelope(envelopeFromJson(fields.raw('binding')));
  if (envelope.payloadType !== GUILD_KEY_TYPE)
    throw new ZeroError('DECODE_FAILED', 'guild credential: the binding is of another type');
  verifyExactly(envelope, operationalKeysOf(keys));
  const binding = readBinding(envelope.payload);
  if (binding.agent !== keys.agentId)
    throw new ZeroError('SIGNATURE_INVALID', 'guild credential: the binding names another agent');
  if (binding.notAfterMs - binding.notBeforeMs > GUILD_KEY_AGE_MS_MAX)
    throw new ZeroError('SIGNATURE_INVALID', 'guild credential: the binding is valid for too long');
  return markVerified({ ...binding, keys });
}

/** Throws SIGNATURE_INVALID when a credential, or its agent's key, is not in force at `now`. */
export function checkCredentialTime(
  { keys, notAfterMs, notBeforeMs }: Verified<VerifiedCredential>,
  now: number,
): void {
  if (now + GUILD_CLOCK_TOLERANCE_MS < notBeforeMs || now >= notAfterMs)
    throw new ZeroError('SIGNATURE_INVALID', 'guild credential: the binding is not in force now');
  if (checkKeysTime(keys, now) !== 'valid')
    throw new ZeroError('SIGNATURE_INVALID', 'guild credential: the agent’s key is not in force now');
}
