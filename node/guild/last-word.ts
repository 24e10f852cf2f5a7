// The last word of an agent in a guild whose keys its node has lost.

import { seedSigner } from '../../protocol/envelope/index.ts';
import { type GuildAct, LAST_WORD, signControl } from '../../protocol/guild/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';

/** The last word of an agent whose node lost its keys: it leaves, or ends its own guild. */
export function lastWord(
  self: LocalAgent,
  record: { guild: string; owner: AgentId; since: number },
  now: number,
): Uint8Array {
  const act: GuildAct =
    record.owner === self.agentId
      ? { action: 'dissolve', reason: 'the owner’s node restarted' }
      : { action: 'leave', reason: 'the node restarted' };
  return signControl(
    {
      guild: record.guild,
      actor: self.agentId,
      epoch: record.since,
      sequence: LAST_WORD,
      issuedAtMs: now,
      act,
    },
    [seedSigner(self.operationalSeed)],
  );
}
