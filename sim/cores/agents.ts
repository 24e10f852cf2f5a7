// Agents of a run: real keys and keychains from the seed, never secret.

import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { type Signer, seedSigner } from '../../protocol/envelope/index.ts';
import { type AgentId, createAgentKeys, type Keychain } from '../../protocol/identity/index.ts';
import type { RandomStream } from '../random.ts';

/** Keys are good for as long as any run lasts. */
const VALIDITY = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-12-31T00:00:00Z' };
const SEED_BYTES = 32;

export interface Agent {
  readonly agentId: AgentId;
  readonly keychain: Keychain;
  readonly signer: Signer;
}

/** Makes an agent from the next numbers of a stream. */
export function makeAgent(random: RandomStream): Agent {
  const operationalSeed = random.bytes(SEED_BYTES);
  const keys = createAgentKeys({
    identitySeed: random.bytes(SEED_BYTES),
    nextIdentityPublicKey: publicKeyOfSeed(random.bytes(SEED_BYTES)),
    operationalPublicKey: publicKeyOfSeed(operationalSeed),
    ...VALIDITY,
  });
  return { ...keys, signer: seedSigner(operationalSeed) };
}
