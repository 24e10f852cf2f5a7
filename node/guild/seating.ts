// Taking a seat that another node offers: the welcome is opened, the creation and the seats are checked against the keys, and only then is
// the guild one of this node's.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  claimOf,
  foundGuild,
  type GuildState,
  mayAct,
  signControl,
  verifyControl,
} from '../../protocol/guild/index.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';
import { groupOf } from './group-id.ts';
import type { OwnKeys } from './keys/own-keys.ts';
import { type CredentialJudge, RingKeys } from './keys/ring-keys.ts';
import { Ring, type RingOptions } from './ring.ts';
import { decodeSnapshot } from './snapshot.ts';

/** A seat on offer. */
export interface Offer {
  readonly creation: Uint8Array;
  /** The seats now; null when the creation itself names them. */
  readonly snapshot: Uint8Array | null;
  readonly welcome: Uint8Array;
  /** Peer id of the node that offers. */
  readonly peer: string;
}

/** Opens and checks an offer; answers the ring, not yet registered. Throws GUILD_REFUSED, GUILD_KEYS_REFUSED, SIGNATURE_INVALID, DECODE_FAILED. */
export async function takeSeat(
  offer: Offer,
  self: LocalAgent,
  own: OwnKeys,
  judge: CredentialJudge,
  options: Pick<RingOptions, 'clock' | 'silentMs' | 'onChange' | 'sequence'>,
): Promise<Ring> {
  const keys = await RingKeys.join(offer.welcome, own, judge);
  try {
    const state = stateOf(offer, keys, judge.now());
    const leader = keys.members().find(({ peer }) => peer === offer.peer);
    const role = leader === undefined ? undefined : state.members.get(leader.agent)?.role;
    if (role === undefined || !mayAct(role, { action: 'add' }))
      throw new ZeroError('GUILD_REFUSED', 'who offers the seat does not lead the guild');
    const seat = state.members.get(self.agentId);
    if (seat === undefined || seat.untilMs <= judge.now())
      throw new ZeroError('GUILD_REFUSED', 'the offer has no seat for this agent, or its time is over');
    if (!equalBytes(keys.groupId, groupOf(state.guild)))
      throw new ZeroError('GUILD_REFUSED', 'the keys are those of another guild');
    const ring = new Ring({ ...options, self, creation: offer.creation, state, keys });
    ring.checkSeats();
    return ring;
  } catch (error) {
    keys.destroy();
    throw error;
  }
}

function stateOf(offer: Offer, keys: RingKeys, now: number): GuildState {
  const { actor } = claimOf(offer.creation);
  const owner = keys.credentialOf(actor);
  if (owner === undefined) throw new ZeroError('GUILD_REFUSED', 'the owner is not in its guild');
  const verdict = foundGuild(verifyControl(offer.creation, owner.keys), now);
  if (verdict.verdict !== 'accept')
    throw new ZeroError('GUILD_REFUSED', `the creation is refused: ${verdict.code}`);
  return offer.snapshot === null ? verdict.state : decodeSnapshot(offer.snapshot, verdict.state);
}

/** The signed yes of an agent that was invited. Its first word in that guild: the epoch is not known to it yet. */
export function acceptance(self: LocalAgent, guild: string, now: number): Uint8Array {
  return signControl(
    {
      guild,
      actor: self.agentId,
      epoch: 0,
      sequence: 1,
      issuedAtMs: now,
      act: { action: 'join', accept: true, reason: '' },
    },
    [seedSigner(self.operationalSeed)],
  );
}
