// Who is silent in a guild: members that say nothing, and not those that this node could not hear while it was held up itself.

import assert from 'node:assert/strict';
import { completeConfig } from '../../../node/config/load.ts';
import { Keeper } from '../../../node/guild/keeper.ts';
import { SILENT_BEATS } from '../../../node/guild/limits.ts';
import type { Ring } from '../../../node/guild/ring.ts';
import { SignsOfLife } from '../../../node/guild/signs-of-life.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const BEAT_MS = 100;
const [one, other, third] = [makeAgent(1).agentId, makeAgent(4).agentId, makeAgent(7).agentId];
const seats = (...agents: AgentId[]) => new Map(agents.map((agent) => [agent, undefined]));

/** A node that leads a guild of three, and what it removes from it. */
function leader(beatMs: number) {
  const clock = new HandClock();
  const life = new SignsOfLife(clock);
  const silentMs = SILENT_BEATS * beatMs;
  const removed: unknown[] = [];
  life.follow(seats(one, third));
  const ring = {
    end: undefined,
    seat: { role: 'owner', untilMs: Number.POSITIVE_INFINITY },
    state: { owner: other, members: new Map() },
    self: { agentId: other },
    others: () => [one, third].map((agent) => ({ agent, joined: true })),
    context: () => ({ now: clock.now(), isSilent: (agent: AgentId) => life.silence(agent) > silentMs }),
    retry: async () => {},
    silence: () => 0,
    excuse: (ms: number) => life.excuse(ms),
    leader: () => other,
    change: async (act: unknown) => {
      removed.push(act);
      return { outgoing: {} };
    },
  } as unknown as Ring;
  const talk = { beat: async () => {}, deliver: async () => {} };
  const registry = { live: () => [ring] };
  const keeper = new Keeper({ clock, beatMs, silentMs, registry, talk } as never);
  keeper.start();
  return { clock, keeper, life, removed, ring };
}

describe('the silence of a member', () => {
  it('begins with the seat, ends with a word, and has no end for who is known to be gone', async () => {
    const clock = new HandClock();
    const life = new SignsOfLife(clock);
    life.follow(seats(one, other));
    await clock.pass(300);
    life.heard(other);
    await clock.pass(50);
    life.follow(seats(one, other, third));
    assert.deepEqual(
      [one, other, third].map((agent) => life.silence(agent)),
      [350, 50, 0],
    );
    life.gone(one);
    life.excuse(1_000);
    assert.deepEqual(
      [one, other].map((agent) => life.silence(agent)),
      [Number.POSITIVE_INFINITY, 0],
    );
    life.follow(seats(other));
    assert.equal(life.silence(third), Number.POSITIVE_INFINITY);
  });

  it('is not what passes while this node is held up', async () => {
    const clock = new HandClock();
    const life = new SignsOfLife(clock);
    life.follow(seats(one));
    const ring = {
      end: undefined,
      seat: { role: 'member', untilMs: Number.POSITIVE_INFINITY },
      state: { owner: one },
      self: { agentId: other },
      retry: async () => {},
      silence: (agent: AgentId) => life.silence(agent),
      excuse: (ms: number) => life.excuse(ms),
      leader: () => one,
    };
    const keeper = new Keeper({
      clock,
      beatMs: BEAT_MS,
      silentMs: 400,
      registry: { live: () => [ring] },
    } as never);
    keeper.start();
    for (let beat = 0; beat < 3; beat++) await clock.pass(BEAT_MS);
    assert.equal(life.silence(one), 3 * BEAT_MS);
    // A beat that comes ten seconds late is a beat of one pause.
    await clock.pass(10_000);
    assert.equal(life.silence(one), 4 * BEAT_MS);
    await clock.pass(BEAT_MS);
    assert.equal(life.silence(one), 5 * BEAT_MS);
    keeper.stop();
  });

  it('is not what passed before a message that waited with this node is read ahead of the next beat', async () => {
    const { clock, keeper, life, removed, ring } = leader(BEAT_MS);
    // The machine stands still: its timers come late, and a message of a member is there before them.
    clock.stand(10_000);
    life.heard(third);
    await keeper.look(ring);
    assert.deepEqual(removed, []);
    assert.deepEqual([life.silence(one), life.silence(third)], [BEAT_MS, 0]);
    // Who says nothing from now on is gone all the same.
    for (let beat = 0; removed.length === 0 && beat < 8; beat++) {
      life.heard(third);
      await clock.pass(BEAT_MS);
    }
    assert.deepEqual(removed, [{ action: 'remove', agents: [one], reason: 'gone' }]);
    keeper.stop();
  });

  it('is no reason to remove who pauses for two seconds and misses a beat by it, at the beats that nodes have', async () => {
    const { beatMs } = completeConfig({ network: 'test' }).guilds;
    const { clock, keeper, life, removed } = leader(beatMs);
    for (let round = 0; round < 3; round++) {
      await clock.pass(beatMs);
      // The beat of this moment finds it still, the next one is answered as late as an answer may come.
      await clock.pass(beatMs);
      await clock.pass(2_000);
      for (const agent of [one, third]) life.heard(agent);
    }
    assert.deepEqual(removed, []);
    keeper.stop();
  });
});
