// Properties of guilds: members that saw the same control messages agree, in whatever order and however often these came; nobody does what
// its role does not allow; nothing that is changed, repeated or of another guild counts.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  departing,
  foundGuild,
  GUILD_TTL_MS_MAX,
  type GuildAct,
  type GuildContext,
  type GuildSeat,
  type GuildState,
  judgeControl,
  LAST_WORD,
  leaderOf,
  mayAct,
  signControl,
  signCredential,
  type VerifiedControl,
  verifyControl,
  verifyCredential,
} from '../../../protocol/guild/index.ts';
import { verifyKeychain } from '../../../protocol/identity/index.ts';
import type { Verified } from '../../../protocol/verified.ts';
import { makeAgent, PEER, publicKey, type TestAgent } from '../../support/agents.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const AGENTS = Array.from({ length: 6 }, (_, n) => makeAgent(1 + 10 * n));
const KEYS = AGENTS.map(({ keychain }) => verifyKeychain(keychain));
const context: GuildContext = { now: NOW, isSilent: () => false };

function seat(at: number, role: GuildSeat['role'], untilMs = NOW + 60_000): GuildSeat {
  return { agent: AGENTS[at]!.agentId, peer: PEER, role, untilMs };
}

/** Signs as an agent would, and verifies as a member would. */
function say(
  at: number,
  guild: string | null,
  epoch: number,
  sequence: number,
  act: GuildAct,
  issuedAtMs = NOW,
): Verified<VerifiedControl> {
  const agent = AGENTS[at] as TestAgent;
  const bytes = signControl({ guild, actor: agent.agentId, epoch, sequence, issuedAtMs, act }, [
    agent.operational,
  ]);
  return verifyControl(bytes, KEYS[at]!);
}

const CREATION = say(0, null, 1, 1, {
  action: 'create',
  name: 'ring',
  nonce: '00'.repeat(16),
  seats: [seat(0, 'owner'), seat(1, 'coordinator'), seat(2, 'member'), seat(3, 'observer')],
});

function founded(creation = CREATION): GuildState {
  const verdict = foundGuild(creation, NOW);
  assert.ok(verdict.verdict === 'accept');
  return verdict.state;
}

/** Hands messages over in the given order, and what was deferred again, until nothing moves. */
function deliver(messages: readonly Verified<VerifiedControl>[]): GuildState {
  let state = founded();
  let waiting = [...messages];
  for (let moved = true; moved; ) {
    moved = false;
    const later: typeof waiting = [];
    for (const message of waiting) {
      const verdict = judgeControl(state, message, context);
      if (verdict.verdict === 'accept') {
        state = verdict.state;
        moved = true;
      } else if (verdict.verdict === 'defer') later.push(message);
    }
    waiting = later;
  }
  return state;
}

/** A history that honest members make: the owner changes seats, the others join, leave and steer tasks. */
const history = fc.array(
  fc.record({ kind: fc.constantFrom('join', 'leave', 'task', 'remove', 'add'), who: fc.nat(5) }),
  { maxLength: 25 },
);

function play(steps: { kind: string; who: number }[]): Verified<VerifiedControl>[] {
  const messages: Verified<VerifiedControl>[] = [];
  const sequences = AGENTS.map(() => 1);
  let state = founded();
  const attempt = (at: number, epoch: number, act: GuildAct) => {
    const message = say(at, state.guild, epoch, ++sequences[at]!, act);
    const verdict = judgeControl(state, message, context);
    if (verdict.verdict !== 'accept') return;
    state = verdict.state;
    messages.push(message);
    // Who is seated again may have lost all that it knew: it counts from the beginning.
    if (act.action === 'add')
      for (const { agent } of act.seats) sequences[AGENTS.findIndex((one) => one.agentId === agent)] = 0;
  };
  for (const { kind, who } of steps) {
    const agent = AGENTS[who]!.agentId;
    if (kind === 'join') attempt(who, state.epoch, { action: 'join', accept: true, reason: '' });
    else if (kind === 'leave') attempt(who, state.epoch, { action: 'leave', reason: 'done' });
    else if (kind === 'task')
      attempt(who, state.epoch, { action: 'task', task: 't', verb: 'start', data: '' });
    else if (kind === 'remove')
      attempt(0, state.epoch + 1, { action: 'remove', agents: [agent], reason: 'silent' });
    else attempt(0, state.epoch + 1, { action: 'add', seats: [seat(who, 'member')] });
  }
  return messages;
}

const agreed = ({ members, epoch, head, ended }: GuildState) => ({
  members: [...members.values()].sort((a, b) => (a.agent < b.agent ? -1 : 1)),
  epoch,
  head,
  ended,
});

describe('properties of protocol/guild', () => {
  it('members agree, in whatever order and however often messages come', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (steps, random) => {
        const messages = play(steps);
        const doubled = [...messages, ...messages]
          .map((message) => [random.next().value as number, message] as const)
          .sort(([a], [b]) => a - b)
          .map(([, message]) => message);
        assert.deepEqual(agreed(deliver(doubled)), agreed(deliver(messages)));
      }),
      { numRuns: 150 },
    );
  });

  it('who is seated again counts anew, and nothing of the earlier seat counts any more', () => {
    const { guild, epoch } = founded();
    const left = say(1, guild, epoch, LAST_WORD, { action: 'leave', reason: 'the node restarted' });
    const removed = say(0, guild, epoch + 1, 2, {
      action: 'remove',
      agents: [AGENTS[1]!.agentId],
      reason: '',
    });
    const seated = say(0, guild, epoch + 2, 3, { action: 'add', seats: [seat(1, 'member')] });
    const joined = say(1, guild, epoch + 2, 1, { action: 'join', accept: true, reason: '' });
    const state = deliver([left, removed, seated, joined]);
    const member = state.members.get(AGENTS[1]!.agentId);
    assert.deepEqual([member?.since, member?.joined, member?.leaving], [epoch + 2, true, false]);
    for (const late of [left, joined])
      assert.notEqual(judgeControl(state, late, context).verdict, 'accept', late.act.action);
  });

  it('a repeated message changes nothing', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const messages = play(steps);
        const state = deliver(messages);
        for (const message of [CREATION, ...messages])
          assert.notEqual(judgeControl(state, message, context).verdict, 'accept');
      }),
      { numRuns: 50 },
    );
  });

  it('nobody does what the role does not allow, and strangers do nothing', () => {
    const acts: GuildAct[] = [
      { action: 'invite', seat: seat(5, 'member') },
      { action: 'add', seats: [seat(5, 'member')] },
      { action: 'remove', agents: [AGENTS[3]!.agentId], reason: '' },
      { action: 'dissolve', reason: '' },
      { action: 'task', task: 't', verb: 'start', data: '' },
      { action: 'leave', reason: '' },
    ];
    const state = founded();
    for (const act of acts)
      for (const at of [0, 1, 2, 3, 4]) {
        const begins = act.action === 'add' || act.action === 'remove';
        const verdict = judgeControl(state, say(at, state.guild, begins ? 2 : 1, 9, act), context);
        const role = state.members.get(AGENTS[at]!.agentId)?.role;
        if (role === undefined || !mayAct(role, act))
          assert.equal(verdict.verdict, 'reject', `${at} ${act.action}`);
      }
  });

  it('a coordinator leads only while the owner is silent, and the owner cannot be removed', () => {
    const state = deliver([say(1, CREATION.guild, 1, 2, { action: 'join', accept: true, reason: '' })]);
    const remove: GuildAct = { action: 'remove', agents: [AGENTS[2]!.agentId], reason: 'silent' };
    const message = say(1, state.guild, 2, 3, remove);
    assert.equal(judgeControl(state, message, context).verdict, 'defer');
    const alone: GuildContext = { now: NOW, isSilent: (agent) => agent === AGENTS[0]!.agentId };
    assert.equal(leaderOf(state, alone), AGENTS[1]!.agentId);
    assert.equal(judgeControl(state, message, alone).verdict, 'accept');
    const coup = say(1, state.guild, 2, 4, { action: 'remove', agents: [AGENTS[0]!.agentId], reason: '' });
    assert.equal(judgeControl(state, coup, alone).verdict, 'reject');
  });

  it('two beginnings of one epoch: the second is a fork', () => {
    const first = say(0, CREATION.guild, 2, 2, {
      action: 'remove',
      agents: [AGENTS[2]!.agentId],
      reason: '',
    });
    const second = say(0, CREATION.guild, 2, 3, {
      action: 'remove',
      agents: [AGENTS[3]!.agentId],
      reason: '',
    });
    const state = deliver([first]);
    assert.deepEqual(judgeControl(state, second, context), { verdict: 'reject', code: 'FORK' });
  });

  it('a skipped epoch is waited for; what an ended guild hears is ignored', () => {
    const state = founded();
    const late = say(0, state.guild, 3, 3, { action: 'remove', agents: [AGENTS[3]!.agentId], reason: '' });
    assert.deepEqual(judgeControl(state, late, context), { verdict: 'defer', code: 'FUTURE_EPOCH' });
    const over = deliver([say(0, state.guild, 1, 2, { action: 'dissolve', reason: 'done' })]);
    assert.equal(over.ended, 'done');
    assert.deepEqual(judgeControl(over, late, context), { verdict: 'ignore', code: 'ENDED' });
  });

  it('memberships end: who is past its time may not act, and is due to be removed', () => {
    const creation = say(0, null, 1, 1, {
      action: 'create',
      name: 'short',
      nonce: '11'.repeat(16),
      seats: [seat(0, 'owner'), seat(2, 'member', NOW + 10)],
    });
    const state = founded(creation);
    const act: GuildAct = { action: 'task', task: 't', verb: 'start', data: '' };
    assert.equal(judgeControl(state, say(2, state.guild, 1, 2, act, NOW + 9), context).verdict, 'accept');
    assert.equal(judgeControl(state, say(2, state.guild, 1, 2, act, NOW + 10), context).verdict, 'reject');
    assert.deepEqual(departing(state, NOW + 9), []);
    assert.deepEqual(departing(state, NOW + 10), [AGENTS[2]!.agentId]);
    const forever = say(0, null, 1, 1, {
      action: 'create',
      name: 'long',
      nonce: '22'.repeat(16),
      seats: [seat(0, 'owner', NOW + GUILD_TTL_MS_MAX + 1), seat(2, 'member')],
    });
    assert.deepEqual(foundGuild(forever, NOW), { verdict: 'reject', code: 'BAD_SEATS' });
  });

  it('a changed bit, another signer, or keys that are not in force: refused', () => {
    const agent = AGENTS[0]!;
    const control = {
      guild: CREATION.guild,
      actor: agent.agentId,
      epoch: 1,
      sequence: 2,
      issuedAtMs: NOW,
      act: { action: 'dissolve', reason: 'done' } as const,
    };
    const bytes = signControl(control, [agent.operational]);
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.throws(() => verifyControl(changed, KEYS[0]!), isZeroError);
      }),
      { numRuns: 200 },
    );
    assert.throws(() => verifyControl(signControl(control, [AGENTS[1]!.operational]), KEYS[0]!), isZeroError);
    assert.throws(() => verifyControl(signControl(control, [AGENTS[1]!.operational]), KEYS[1]!), isZeroError);
    const old = signControl({ ...control, issuedAtMs: Date.parse('2020-01-01T00:00:00Z') }, [
      agent.operational,
    ]);
    assert.throws(() => verifyControl(old, KEYS[0]!), isZeroError);
  });

  it('credentials bind a key to an agent and its node, for a while', () => {
    const agent = AGENTS[0]!;
    const input = {
      agent: agent.agentId,
      peer: PEER,
      signatureKey: publicKey(77),
      notBeforeMs: NOW,
      notAfterMs: NOW + 60_000,
      keychain: agent.keychain,
      signers: [agent.operational],
    };
    const bytes = signCredential(input);
    const read = verifyCredential(bytes, NOW);
    assert.deepEqual([read.agent, read.peer, read.signatureKey], [agent.agentId, PEER, publicKey(77)]);
    assert.throws(() => verifyCredential(bytes, NOW + 60_000), isZeroError);
    assert.throws(() => verifyCredential(bytes, NOW - 3_600_000), isZeroError);
    assert.throws(
      () => verifyCredential(signCredential({ ...input, agent: AGENTS[1]!.agentId }), NOW),
      isZeroError,
    );
    assert.throws(
      () => verifyCredential(signCredential({ ...input, keychain: AGENTS[1]!.keychain }), NOW),
      isZeroError,
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, turn) => {
        const changed = bytes.slice();
        changed[at]! ^= turn;
        assert.throws(() => verifyCredential(changed, NOW), isZeroError);
      }),
      { numRuns: 200 },
    );
  });
});
