// One stranger's node neither pushes out the invitations of others nor fills every seat of a node.

import assert from 'node:assert/strict';
import { Invitations } from '../../../node/guild/invitations.ts';
import { INVITATIONS_MAX, INVITATIONS_PER_PEER_MAX } from '../../../node/guild/limits.ts';
import { Registry, type RegistryDeps } from '../../../node/guild/registry.ts';
import type { Ring } from '../../../node/guild/ring.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import { makeAgent } from '../../support/agents.ts';

const { agentId } = makeAgent(1);
const invitation = (guild: string, peer: string) => ({
  guild,
  name: guild,
  from: agentId,
  peer,
  seat: { agent: agentId, peer: 'here', role: 'member' as const, untilMs: 1_000 },
});

/** As much of a ring as the registry looks at. */
const ringOf = (id: string, peer: string) =>
  ({
    id,
    self: { agentId },
    state: {
      guild: id,
      name: id,
      owner: agentId,
      epoch: 1,
      members: new Map<AgentId, unknown>([[agentId, { agent: agentId, peer, role: 'owner' }]]),
    },
    seat: undefined,
    end: undefined,
    others: () => [],
  }) as unknown as Ring;

describe('guilds of strangers', () => {
  it('a node that invites without end pushes out its own invitations only', () => {
    const invitations = new Invitations();
    invitations.keep(invitation('wanted', 'friend'));
    for (let n = 0; n < 2 * INVITATIONS_MAX; n++) invitations.keep(invitation(`noise ${n}`, 'stranger'));
    const kept = invitations.list(0);
    assert.equal(kept.filter(({ peer }) => peer === 'stranger').length, INVITATIONS_PER_PEER_MAX);
    assert.ok(kept.some(({ guild }) => guild === 'wanted'));
    invitations.keep(invitation(`noise ${2 * INVITATIONS_MAX - 1}`, 'stranger'));
    assert.equal(invitations.list(0).length, INVITATIONS_PER_PEER_MAX + 1, 'one that comes again is one');
  });

  it('the guilds of one node fill half of what a node sits in', async () => {
    const deps = {
      max: 4,
      records: { put: async () => {} },
      book: { get: () => undefined },
      events: { emit: () => {} },
      metrics: { set: () => {} },
    };
    const registry = new Registry(deps as unknown as RegistryDeps);
    registry.view = () => ({}) as never;
    const busy = (error: unknown) => isZeroError(error) && error.code === 'BUSY';
    for (const guild of ['zsg:1', 'zsg:2']) {
      registry.checkRoomFor('stranger');
      await registry.add(ringOf(guild, 'stranger'));
    }
    assert.throws(() => registry.checkRoomFor('stranger'), busy);
    registry.checkRoomFor('friend');
  });
});
