// The state machine of a task under any order of events: it ends once, accepts no more than it wanted, and nothing that comes under
// a token that is no longer in force.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ATTEMPTS_MAX,
  isFinal,
  openTask,
  stepTask,
  type Task,
  type TaskEffect,
  type TaskEvent,
} from '../../../protocol/task/index.ts';

const LEASE_MS = 1_000;
const DEADLINE_MS = 100_000;

type Move =
  | { kind: 'answer'; pick: number; status: string; result: number }
  | { kind: 'fail'; pick: number; error: string }
  | { kind: 'alive'; pick: number }
  | { kind: 'candidates'; agents: number[] }
  | { kind: 'cancel' }
  | { kind: 'wait'; ms: number };

const status = fc.constantFrom('OK', 'EXIT', 'TRAP', 'OUT_OF_FUEL', 'OUT_OF_MEMORY', 'TIMEOUT');
const pick = fc.nat(40);
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('answer' as const), pick, status, result: fc.nat(2) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      pick,
      error: fc.constantFrom('BUSY', 'PEER_UNREACHABLE', 'TASK_REFUSED'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('alive' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('candidates' as const),
      agents: fc.array(fc.nat(12), { maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3 * LEASE_MS) }) },
);

/** Tokens are picked among all that were ever given, so that late and repeated answers are common. */
function eventOf(task: Task, move: Move): TaskEvent {
  if (move.kind === 'cancel') return { type: 'cancel' };
  if (move.kind === 'wait') return { type: 'tick' };
  if (move.kind === 'candidates') return { type: 'candidates', agents: move.agents.map((n) => `zs:${n}`) };
  const token = task.attempts.length === 0 ? 1 : 1 + (move.pick % (task.attempts.length + 1));
  if (move.kind === 'alive') return { type: 'alive', token };
  if (move.kind === 'fail') return { type: 'failed', token, error: move.error };
  const signed = move.status !== 'TIMEOUT';
  return {
    type: 'ended',
    token,
    end: {
      status: move.status,
      receipt: signed ? `receipt-${token}` : null,
      jobDigest: signed ? 'job' : null,
      resultDigest: signed ? `result-${move.result}` : null,
    },
  };
}

function play(redundancy: number, moves: readonly Move[]) {
  let now = 0;
  const effects: TaskEffect[] = [];
  let task = openTask({ taskId: 't', redundancy, deadlineMs: DEADLINE_MS, leaseMs: LEASE_MS });
  const step = (event: TaskEvent) => {
    const before = task;
    const next = stepTask(task, event, now);
    task = next.task;
    effects.push(...next.effects);
    if (isFinal(before.phase)) {
      assert.equal(task, before, 'an ended task does not change');
      assert.deepEqual(next.effects, []);
    }
    const inForce =
      'token' in event && before.attempts.some((a) => a.token === event.token && a.state === 'asked');
    if ('token' in event && !inForce)
      assert.deepEqual(next.effects, [], 'nothing happens under a dead token');
  };
  step({ type: 'tick' });
  for (const one of moves) {
    if (one.kind === 'wait') now += one.ms;
    step(eventOf(task, one));
  }
  return { task: () => task, effects, step, at: (ms: number) => (now = ms) };
}

describe('protocol/task: the state machine', () => {
  const run = (check: (redundancy: number, moves: Move[]) => void) =>
    fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(move, { maxLength: 60 }), check), {
      numRuns: 300,
    });

  it('ends exactly once, at the latest at its deadline', () => {
    run((redundancy, moves) => {
      const game = play(redundancy, moves);
      game.at(DEADLINE_MS);
      game.step({ type: 'tick' });
      assert.ok(isFinal(game.task().phase));
      assert.equal(game.effects.filter(({ type }) => type === 'finish').length, 1);
    });
  });

  it('accepts each token once, only results of one content, and for one run only one', () => {
    run((redundancy, moves) => {
      const game = play(redundancy, moves);
      const accepted = game.effects.flatMap((effect) => (effect.type === 'accept' ? [effect.token] : []));
      assert.equal(new Set(accepted).size, accepted.length);
      assert.deepEqual(accepted, game.task().accepted);
      const ends = game.task().attempts.filter(({ token }) => accepted.includes(token));
      assert.ok(ends.every(({ state, end }) => state === 'ended' && end?.receipt !== null));
      assert.ok(new Set(ends.map(({ end }) => end?.resultDigest)).size <= 1);
      if (redundancy === 1) assert.ok(accepted.length <= 1);
      assert.ok(accepted.length <= game.task().wanted);
    });
  });

  it('asks no member twice at once, gives growing tokens, and bounds its attempts', () => {
    run((redundancy, moves) => {
      const { attempts } = play(redundancy, moves).task();
      assert.ok(attempts.length <= ATTEMPTS_MAX);
      assert.deepEqual(
        attempts.map(({ token }) => token),
        attempts.map((_, i) => i + 1),
      );
      const firm = attempts.filter(({ error }) => error !== 'BUSY').map(({ agentId }) => agentId);
      assert.equal(new Set(firm).size, firm.length);
    });
  });

  it('names nobody before a tie-break was tried, and only what follows from the receipts', () => {
    run((redundancy, moves) => {
      const game = play(redundancy, moves);
      const task = game.task();
      const compared = game.effects.find(({ type }) => type === 'compare');
      if (compared?.type !== 'compare') return;
      const results = compared.tokens.map(
        (token) => task.attempts.find((a) => a.token === token)?.end?.resultDigest,
      );
      if (task.outcome === 'agreed') assert.equal(new Set(results).size, 1);
      else
        assert.ok(results.length > redundancy || task.searches > 1 || task.attempts.length >= ATTEMPTS_MAX);
    });
  });
});

describe('protocol/task: one task', () => {
  const ok = (token: number, result = 'r'): TaskEvent => ({
    type: 'ended',
    token,
    end: { status: 'OK', receipt: `receipt-${token}`, jobDigest: 'j', resultDigest: result },
  });
  const begin = (redundancy: number, agents: string[]) => {
    let task = openTask({ taskId: 't', redundancy, deadlineMs: DEADLINE_MS, leaseMs: LEASE_MS });
    const log: string[] = [];
    const step = (event: TaskEvent, now = 0) => {
      const next = stepTask(task, event, now);
      task = next.task;
      log.push(
        ...next.effects.map((effect) => ('token' in effect ? `${effect.type} ${effect.token}` : effect.type)),
      );
      return task;
    };
    step({ type: 'tick' });
    step({ type: 'candidates', agents });
    return { step, log, task: () => task };
  };

  it('is taken over when its member gives no sign of life, and the late answer is neither accepted nor paid', () => {
    const one = begin(1, ['a', 'b']);
    one.step({ type: 'alive', token: 1 }, 500);
    one.step({ type: 'tick' }, 1_499);
    assert.equal(one.task().attempts[0]?.state, 'asked');
    one.step({ type: 'tick' }, 1_500);
    assert.deepEqual(one.log, ['search', 'ask 1', 'withdraw 1', 'ask 2']);
    one.step(ok(1), 1_600);
    assert.equal(one.task().phase, 'running');
    one.step(ok(2), 1_700);
    assert.deepEqual(one.task().accepted, [2]);
    assert.equal(one.task().phase, 'completed');
  });

  it('asks a member that was not involved before it names who differs', () => {
    const one = begin(2, ['a', 'b', 'c']);
    one.step(ok(1, 'right'));
    one.step(ok(2, 'wrong'));
    assert.equal(one.task().phase, 'running');
    one.step(ok(3, 'right'));
    assert.equal(one.task().outcome, 'diverged');
    assert.deepEqual(one.task().accepted, [1, 3]);
    assert.equal(one.task().phase, 'completed');
  });

  it('does so too when a majority stands already: those it asked may be in league', () => {
    const one = begin(3, ['a', 'b', 'c', 'd']);
    one.step(ok(1, 'right'));
    one.step(ok(2, 'wrong'));
    one.step(ok(3, 'right'));
    assert.equal(one.task().phase, 'running');
    one.step(ok(4, 'right'));
    assert.deepEqual(one.task().accepted, [1, 3, 4]);
  });

  it('is cancelled by request, drain and end; what was done by then is accepted', () => {
    const one = begin(1, ['a']);
    one.step({ type: 'cancel' });
    assert.equal(one.task().phase, 'draining');
    one.step(ok(1));
    assert.equal(one.task().phase, 'cancelled');
    assert.deepEqual(one.log, ['search', 'ask 1', 'withdraw 1', 'accept 1', 'finish']);
  });

  it('accepts what was done by its deadline although others were late, unless it contradicts itself', () => {
    const half = begin(3, ['a', 'b', 'c']);
    half.step(ok(1));
    half.step(ok(2));
    half.step({ type: 'tick' }, DEADLINE_MS);
    assert.deepEqual([half.task().phase, half.task().accepted], ['timed-out', [1, 2]]);
    assert.deepEqual(half.log.slice(-4), ['accept 1', 'accept 2', 'withdraw 3', 'finish']);
    const torn = begin(3, ['a', 'b', 'c']);
    torn.step(ok(1, 'right'));
    torn.step(ok(2, 'wrong'));
    torn.step({ type: 'tick' }, DEADLINE_MS);
    assert.deepEqual([torn.task().phase, torn.task().accepted], ['timed-out', []]);
    const drained = begin(2, ['a', 'b']);
    drained.step(ok(1));
    drained.step({ type: 'cancel' });
    drained.step({ type: 'tick' }, DEADLINE_MS);
    assert.deepEqual([drained.task().phase, drained.task().accepted], ['cancelled', [1]]);
  });

  const ends: [string, string][] = [
    ['OK', 'completed'],
    ['EXIT', 'completed'],
    ['TRAP', 'trapped'],
    ['STACK_LIMIT', 'trapped'],
    ['OUT_OF_FUEL', 'out-of-fuel'],
    ['OUT_OF_MEMORY', 'out-of-memory'],
    ['FEATURE_REFUSED', 'refused'],
  ];
  for (const [status, phase] of ends) {
    it(`ends as ${phase} when the module ended with ${status}`, () => {
      const one = begin(1, ['a']);
      one.step({ type: 'ended', token: 1, end: { status, receipt: 'r', jobDigest: 'j', resultDigest: 'd' } });
      assert.equal(one.task().phase, phase);
    });
  }

  it('ends as lost without members, as refused when all refuse, as timed out at its deadline', () => {
    const none = begin(1, []);
    assert.deepEqual([none.task().phase, none.task().error], ['lost', 'NO_MEMBER']);
    const refused = begin(1, ['a']);
    refused.step({ type: 'failed', token: 1, error: 'TASK_REFUSED' });
    refused.step({ type: 'candidates', agents: ['a'] });
    assert.equal(refused.task().phase, 'refused');
    const late = begin(1, ['a']);
    late.step({ type: 'alive', token: 1 }, DEADLINE_MS - 1);
    late.step({ type: 'tick' }, DEADLINE_MS);
    assert.deepEqual([late.task().phase, late.task().error], ['timed-out', 'DEADLINE_PASSED']);
  });
});
