// Who may invite: asked before anybody is invited, and again where an invitation arrives, as far as that node can know it.

import { ZeroError } from '../../protocol/errors/index.ts';
import { claimOf, mayAct, type VerifiedControl, verifyControl } from '../../protocol/guild/index.ts';
import type { AgentKeys } from '../../protocol/identity/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Ring } from './ring.ts';

/** Throws GUILD_NOT_ALLOWED when the agent here may give no seats: its role never does, or another one leads now. */
export function checkMayInvite(ring: Pick<Ring, 'leader' | 'seat' | 'self' | 'state'>): void {
  const { owner } = ring.state;
  const role = ring.seat?.role;
  if (role === undefined || !mayAct(role, { action: 'invite' }))
    throw new ZeroError('GUILD_NOT_ALLOWED', `invite is refused: this agent is ${role ?? 'no member'}`, {
      hint: `Only the owner and coordinators invite. Ask the owner: ${owner}.`,
    });
  const leader = ring.leader();
  if (role !== 'owner' && leader !== ring.self.agentId)
    throw new ZeroError('GUILD_NOT_ALLOWED', 'invite is refused: this coordinator does not lead now', {
      hint: `A coordinator gives seats while the owner is silent. Ask who leads: ${leader ?? owner}.`,
    });
}

/**
 * Of an invitation that came: the guild is the one of this creation, and who invites is its owner, or has no role in it that invites nobody. Whoever
 * got a seat later is not known here. Answers the guild's name. Throws GUILD_REFUSED, SIGNATURE_INVALID, DECODE_FAILED.
 */
export function checkInviter(
  { actor, guild }: Verified<VerifiedControl>,
  creation: Uint8Array,
  keys: Verified<AgentKeys>,
): string {
  const claim = claimOf(creation);
  if (claim.guild !== guild || claim.name === null)
    throw new ZeroError('GUILD_REFUSED', 'the invitation is to another guild than the creation');
  if (claim.actor === actor) verifyControl(creation, keys);
  const role = claim.seats.find(({ agent }) => agent === actor)?.role;
  if (role !== undefined && !mayAct(role, { action: 'invite' }))
    throw new ZeroError('GUILD_REFUSED', `who invites is ${role} there, and may not`);
  return claim.name;
}
