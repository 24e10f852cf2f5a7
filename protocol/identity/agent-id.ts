// The text form of agent ids and of key commitments.

import { toHex } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { type Envelope, envelopeId, isContentId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { AgentId } from './types.ts';

const PREFIX = 'zs:';

/** The id of the agent whose first root this is. */
export function agentIdOf(firstRoot: Pick<Envelope, 'payloadType' | 'payload'>): AgentId {
  return PREFIX + envelopeId(firstRoot);
}

/** The id of the first root of an agent. */
export function firstRootIdOf(agentId: AgentId): string {
  return agentId.slice(PREFIX.length);
}

/** True when the text has the form of an agent id. */
export function isAgentId(text: string): boolean {
  return text.startsWith(PREFIX) && isContentId(text.slice(PREFIX.length));
}

/** Returns the text. Error: DECODE_FAILED when it is no agent id. */
export function requireAgentId(text: unknown, where: string): AgentId {
  if (typeof text !== 'string' || !isAgentId(text))
    throw new ZeroError('DECODE_FAILED', `${where} is not an agent id`, { details: { field: where } });
  return text;
}

/** The commitment to a public key: 'sha256:<hex>'. It hides the key until it is used, also from a machine that can break Ed25519. */
export function keyCommitment(publicKey: Uint8Array): string {
  return `sha256:${toHex(sha256(publicKey))}`;
}
