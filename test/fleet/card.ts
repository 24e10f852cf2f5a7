// Cards of the fleet: drafts that nodes publish, and signed ones of agents that live on no node.

import { randomBytes } from 'node:crypto';
import { signCard } from '../../protocol/card/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { createAgentKeys } from '../../protocol/identity/index.ts';
import { DRAFT } from '../support/agents.ts';
import { draft } from '../support/nodes.ts';

const HOUR_MS = 3_600_000;

/** A draft that a node may publish. */
export const fleetDraft = draft;

/** A card of a fresh agent, signed and published nowhere. */
export function strayCard(label: string) {
  const seeds = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
  const at = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`;
  const agent = createAgentKeys({
    identitySeed: seeds[0],
    nextIdentityPublicKey: publicKeyOfSeed(seeds[1]),
    operationalPublicKey: publicKeyOfSeed(seeds[2]),
    notBefore: at(-HOUR_MS),
    notAfter: at(100 * HOUR_MS),
  });
  const envelope = signCard({
    draft: { ...DRAFT, name: label },
    agent,
    operationalSigner: seedSigner(seeds[2]),
    sequence: 1,
    previous: null,
    issuedAt: at(-60_000),
    expiresAt: at(24 * HOUR_MS),
    endpoints: [],
    log: null,
  });
  return { agentId: agent.agentId, bytes: encodeEnvelope(envelope) };
}
