// Signs and verifies control messages. The actor's operational keys sign; where they are known from is the caller's business.

import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  envelopeId,
  type Signer,
  signEnvelope,
  verifyExactly,
} from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { type AgentKeys, checkKeysTime, operationalKeysOf } from '../identity/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { guildIdOf } from './guild-id.ts';
import { GUILD_CONTROL_BYTES_MAX } from './limits.ts';
import { readControl, writeControl } from './read.ts';
import {
  GUILD_CONTROL_TYPE,
  type GuildControl,
  type GuildId,
  type GuildSeat,
  type VerifiedControl,
} from './types.ts';

const bounds = { payloadBytesMax: GUILD_CONTROL_BYTES_MAX };

/** Signs a control message; answers its wire bytes. `signers` are the actor's operational ones, in order. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function signControl(control: GuildControl, signers: readonly Signer[]): Uint8Array {
  return encodeEnvelope(
    signEnvelope({ payloadType: GUILD_CONTROL_TYPE, payload: writeControl(control), signers }, bounds),
    bounds,
  );
}

/** What it says of its guild and its signer: read before the signature is checked, only to find the keys. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function claimOf(bytes: Uint8Array): {
  readonly guild: GuildId;
  readonly actor: string;
  /** Of a creation: the name, which the guild's id commits to. */
  readonly name: string | null;
  /** Of a creation: its seats, which the guild's id commits to as well. */
  readonly seats: readonly GuildSeat[];
} {
  const envelope = decode(bytes);
  const { guild, actor, act } = readControl(envelope.payload);
  const { name, seats } = act.action === 'create' ? act : { name: null, seats: [] };
  return { guild: guild ?? guildIdOf(envelope), actor, name, seats };
}

function decode(bytes: Uint8Array): Envelope {
  const envelope = decodeEnvelope(bytes, bounds);
  if (envelope.payloadType !== GUILD_CONTROL_TYPE)
    throw new ZeroError('DECODE_FAILED', 'not a control message of a guild');
  return envelope;
}

/**
 * Verifies wire bytes under the keys of the agent that claims to have signed. Errors: SIGNATURE_INVALID (also for keys of another agent, or
 * not in force when it was issued), DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function verifyControl(bytes: Uint8Array, keys: Verified<AgentKeys>): Verified<VerifiedControl> {
  const envelope = decode(bytes);
  verifyExactly(envelope, operationalKeysOf(keys));
  const control = readControl(envelope.payload);
  if (control.actor !== keys.agentId)
    throw new ZeroError('SIGNATURE_INVALID', 'the control message is of another agent than its keys');
  if (checkKeysTime(keys, control.issuedAtMs) !== 'valid')
    throw new ZeroError('SIGNATURE_INVALID', 'the key was not in force when the control message was issued');
  return markVerified({
    ...control,
    id: envelopeId(envelope),
    guild: control.guild ?? guildIdOf(envelope),
  });
}
