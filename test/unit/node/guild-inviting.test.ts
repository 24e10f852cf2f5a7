// Who may not invite is told so before anybody is asked, and a node that can know it keeps no such invitation.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { GuildService } from '../../../node/guild/guild-service.ts';
import { Invitations } from '../../../node/guild/invitations.ts';
import { Reception } from '../../../node/guild/reception.ts';
import { encodeRequest } from '../../../node/guild/wire.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { type ErrorCode, isZeroError } from '../../../protocol/errors/index.ts';
import {
  claimOf,
  type GuildAct,
  type GuildId,
  type GuildRole,
  signControl,
} from '../../../protocol/guild/index.ts';
import { keychainToJson } from '../../../protocol/identity/index.ts';
import { makeAgent, NOT_BEFORE, PEER, type TestAgent } from '../../support/agents.ts';

const [owner, other, invitee, signer] = [makeAgent(10), makeAgent(20), makeAgent(30), makeAgent(40)] as const;
const NOW = Date.parse(NOT_BEFORE) + 86_400_000;
const UNTIL = NOW + 3_600_000;
const seat = ({ agentId }: TestAgent, role: GuildRole) => ({
  agent: agentId,
  peer: PEER,
  role,
  untilMs: UNTIL,
});
const said = (actor: TestAgent, guild: GuildId | null, act: GuildAct, by = actor) =>
  signControl({ guild, actor: actor.agentId, epoch: 1, sequence: 1, issuedAtMs: NOW, act }, [by.operational]);
const founded = (others: readonly ReturnType<typeof seat>[], by = owner) =>
  said(
    owner,
    null,
    { action: 'create', name: 'crew', nonce: '00'.repeat(16), seats: [seat(owner, 'owner'), ...others] },
    by,
  );
const refused = (code: ErrorCode, hint: RegExp) => (error: unknown) =>
  isZeroError(error) && error.code === code && hint.test(error.hint);

/** A node that asks its people, told of an invitation. */
async function told(by: TestAgent, creation: Uint8Array) {
  const invitations = new Invitations();
  const reception = new Reception({
    config: { accept: 'ask' },
    vault: { has: () => true },
    judge: { now: () => NOW },
    registry: { checkRoomFor: () => {}, checkRoom: () => {} },
    invitations,
    onInvitation: () => {},
  } as never);
  const control = said(by, claimOf(creation).guild, { action: 'invite', seat: seat(invitee, 'member') });
  const keychain = utf8(JSON.stringify(keychainToJson(by.keychain)));
  const request = encodeRequest({ op: 'invite', control, creation, keychain });
  const code = await reception.answer(request, peerIdFromString(PEER)).then(
    () => undefined,
    (error: unknown) => (isZeroError(error) ? error.code : String(error)),
  );
  return { code, kept: invitations.list(NOW).map(({ from }) => from) };
}

describe('an invitation to a guild', () => {
  it('of somebody without the right is refused here, before anybody is asked', async () => {
    const serviceOf = (role: GuildRole | undefined, leader = owner) =>
      new GuildService({
        registry: {
          get: () => ({
            seat: role === undefined ? undefined : { role },
            self: other,
            state: { owner: owner.agentId },
            leader: () => leader.agentId,
          }),
        },
        cards: {
          resolve: async () => {
            throw new Error('it was asked for');
          },
        },
      } as never);
    const ask = (service: GuildService) => service.invite('zsg:x', [invitee.agentId]);
    for (const role of ['member', 'observer', undefined] as const)
      await assert.rejects(ask(serviceOf(role)), refused('GUILD_NOT_ALLOWED', /Ask the owner/));
    await assert.rejects(ask(serviceOf('coordinator')), refused('GUILD_NOT_ALLOWED', /who leads/));
    await assert.rejects(ask(serviceOf('coordinator', other)), /it was asked for/);
    await assert.rejects(ask(serviceOf('owner')), /it was asked for/);
  });

  it('is kept of an owner, of a coordinator, and of whoever may have got a seat since', async () => {
    const kept = (by: TestAgent) => ({ code: undefined, kept: [by.agentId] });
    assert.deepEqual(await told(owner, founded([])), kept(owner));
    assert.deepEqual(await told(other, founded([seat(other, 'coordinator')])), kept(other));
    assert.deepEqual(await told(other, founded([])), kept(other));
  });

  it('is not kept of a member, nor of an owner that did not found the guild', async () => {
    for (const role of ['member', 'observer'] as const)
      assert.deepEqual(await told(other, founded([seat(other, role)])), { code: 'GUILD_REFUSED', kept: [] });
    assert.deepEqual(await told(owner, founded([], signer)), { code: 'SIGNATURE_INVALID', kept: [] });
  });
});
