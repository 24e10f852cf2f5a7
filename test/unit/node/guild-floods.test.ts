// A member of a guild who floods it: what it sends is neither kept for others nor takes the room of what others said.

import assert from 'node:assert/strict';
import { DEFERRED_BYTES_PER_MEMBER_MAX, DEFERRED_MAX, FRAMES_KEPT } from '../../../node/guild/limits.ts';
import { Ring, type RingOptions } from '../../../node/guild/ring.ts';
import { encodeFrame } from '../../../node/guild/wire.ts';
import { guildIdOf } from '../../../protocol/guild/guild-id.ts';
import {
  type GuildAct,
  type GuildRole,
  type GuildState,
  signControl,
} from '../../../protocol/guild/index.ts';
import { verifyKeychain } from '../../../protocol/identity/index.ts';
import { makeAgent, makeCard, seed } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const [self, owner, hostile, friend, spare] = [1, 11, 21, 31, 41].map((n) => ({
  ...makeAgent(n),
  operationalSeed: seed(n + 2),
})) as [Agent, Agent, Agent, Agent, Agent];
type Agent = ReturnType<typeof makeAgent> & { readonly operationalSeed: Uint8Array };
const GUILD = guildIdOf(makeCard(makeAgent(11)));

/** The ring of `self` in epoch 1; its keys open everything, and say who sent it. */
function ring() {
  const clock = new HandClock();
  const now = Date.parse('2026-06-01T12:00:00Z');
  const seat = ({ agentId }: Agent, role: GuildRole) =>
    [
      agentId,
      { agent: agentId, peer: agentId, role, untilMs: now * 2, since: 1, joined: true, leaving: false },
    ] as const;
  const members = new Map([
    seat(owner, 'owner'),
    seat(self, 'member'),
    seat(hostile, 'member'),
    seat(friend, 'member'),
    seat(spare, 'member'),
  ]);
  const state = {
    guild: GUILD,
    name: 'floods',
    owner: owner.agentId,
    epoch: 1,
    head: 'none',
    members,
    seen: new Map(),
    ended: null,
  } as unknown as GuildState;
  let sender = owner;
  const keys = {
    epoch: 1,
    open: async (plain: Uint8Array) => ({ plain, sender: { agent: sender.agentId } }),
    credentialOf: (agent: string) => {
      const found = [self, owner, hostile, friend, spare].find(({ agentId }) => agentId === agent);
      return found && { keys: verifyKeychain(found.keychain) };
    },
    members: () => [...made.state.members.values()].map(({ agent, peer }) => ({ agent, peer })),
    follow: async () => {
      keys.epoch += 1;
      return true;
    },
    destroy: () => {},
  };
  const options = { self, creation: new Uint8Array(), state, keys, clock, silentMs: 1_000, sequence: 0 };
  const at = { now: () => now, after: clock.after.bind(clock) };
  const made: Ring = new Ring({ ...options, clock: at, onChange: () => {} } as unknown as RingOptions);
  let sequence = 0;
  const control = ({ agentId: actor, operational }: Agent, act: GuildAct, epoch: number) =>
    signControl({ guild: GUILD, actor, epoch, sequence: ++sequence, issuedAtMs: now, act }, [operational]);
  const say = async (from: Agent, controls: Uint8Array[], commit: Uint8Array | null) => {
    sender = from;
    const sealed = encodeFrame({ kind: 'control', controls, commit });
    await made.open(sealed);
    return sealed;
  };
  return { ring: made, control, say };
}

const leave: GuildAct = { action: 'leave', reason: '' };
const remove = (...agents: Agent[]): GuildAct => ({
  action: 'remove',
  agents: agents.map(({ agentId }) => agentId),
  reason: '',
});

describe('a member that floods its guild', () => {
  it('has nothing kept for members who missed a change, beside what did change the members', async () => {
    const { control, ring: made, say } = ring();
    const changed = await say(owner, [control(owner, remove(spare), 2)], new Uint8Array(100));
    assert.deepEqual(made.missed(1), [changed]);
    for (let n = 0; n <= FRAMES_KEPT; n++) await say(hostile, [], new Uint8Array(1_000).fill(n));
    assert.deepEqual(made.missed(1), [changed]);
    assert.deepEqual(made.missed(2), []);
  });

  it('does not take the room of what others said too early', async () => {
    const { control, ring: made, say } = ring();
    for (let n = 0; n < DEFERRED_MAX; n++) await say(hostile, [control(hostile, leave, 2)], null);
    await say(friend, [control(friend, leave, 2)], null);
    await say(owner, [control(owner, remove(hostile), 2)], new Uint8Array(100));
    await made.retry();
    assert.equal(made.state.members.get(friend.agentId)?.leaving, true);
  });

  it('has no more waiting than its share of bytes', async () => {
    const { control, ring: made, say } = ring();
    const large = new Uint8Array(DEFERRED_BYTES_PER_MEMBER_MAX / 2);
    await say(hostile, [control(hostile, leave, 2)], large);
    await say(friend, [control(friend, leave, 2)], large.subarray(0, 1_000));
    await say(owner, [control(owner, remove(spare), 2)], new Uint8Array(100));
    await made.retry();
    const isLeaving = ({ agentId }: Agent) => made.state.members.get(agentId)?.leaving;
    assert.deepEqual([hostile, friend].map(isLeaving), [false, true]);
  });
});
