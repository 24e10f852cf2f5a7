// Who is silent in a guild: members that say nothing, and not those that this node could not hear while it was held up itself.

import assert from 'node:assert/strict';
import { Keeper } from '../../../node/guild/keeper.ts';
import { SignsOfLife } from '../../../node/guild/signs-of-life.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import { makeAgent } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const BEAT_MS = 100;
const [one, other, third] = [makeAgent(1).agentId, makeAgent(4).agentId, makeAgent(7).agentId];
const seats = (...agents: AgentId[]) => new Map(agents.map((agent) => [agent, undefined]));

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
});
