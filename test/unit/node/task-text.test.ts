// How a task stands, as people and scripts are told: each end is told apart, and what was lacking is said with its remedy.

import assert from 'node:assert/strict';
import type { TaskView } from '../../../node/api/views.ts';
import { EXIT_OF_STATE, endText, exitOfTask } from '../../../node/cli/task-text.ts';
import { belowSla } from '../../../node/tasks/manifest.ts';
import type { Member, TaskEntry } from '../../../node/tasks/task-book.ts';
import { viewOf } from '../../../node/tasks/view.ts';
import { FINAL_STATES } from '../../../protocol/task/index.ts';

/** Exit codes that every command has: done, failed, wrong usage, refused, unreachable. */
const COMMON = [0, 1, 2, 3, 4];

const member = (name: string, refused: string | null) =>
  ({ agentId: name, name, region: 'eu', score: 0, refused, terms: [], reasons: [] }) as unknown as Member;

/** A task that was lost for want of members. */
const lacking = (
  redundancy: number,
  members: Member[],
  failures: readonly string[] = [],
  notes: readonly string[] = [],
) =>
  viewOf({
    taskId: 't',
    name: 'n',
    members,
    order: { redundancy },
    runs: [],
    settled: [],
    timeline: notes.map((what) => ({ at: 0, what })),
    submittedAt: 0,
    endedAt: 1,
    comparison: null,
    task: {
      phase: 'lost',
      error: 'NO_MEMBER',
      attempts: failures.map((error) => ({ error })),
      accepted: [],
      outcome: null,
      wanted: redundancy,
      deadlineMs: 0,
    },
  } as unknown as TaskEntry);

describe('the end of a task', () => {
  it('says why nobody of those that it names could be asked', () => {
    const said = (notes: string[]) => lacking(1, [], [], notes).error?.message ?? '';
    assert.match(
      said(['zs:a cannot be asked: no card of it is known', '0 members found']),
      /no card of it is known$/,
    );
    assert.doesNotMatch(said(['0 members found']), /members found/);
  });

  it('has an exit code of its own for each final state, and a module’s own failure fails', () => {
    const codes = FINAL_STATES.map((state) =>
      exitOfTask({ state, status: state === 'completed' ? 'OK' : null }),
    );
    assert.equal(new Set(codes).size, FINAL_STATES.length);
    assert.deepEqual(Object.keys(EXIT_OF_STATE), [...FINAL_STATES]);
    assert.deepEqual(
      codes.filter((code) => COMMON.includes(code)),
      [0],
    );
    assert.equal(exitOfTask({ state: 'completed', status: 'EXIT' }), 1);
  });

  it('is not shown as that of one of its runs', () => {
    const view = { state: 'lost', status: 'OK', exitCode: 0, fuel: '7', tookMs: 3 } as TaskView;
    assert.match(endText(view), /^\S*lost\S* {2}its run ended with OK, exit 0, fuel 7, 3 ms$/);
    assert.match(endText({ ...view, state: 'completed' }), /^\S*OK\S* {2}exit 0, fuel 7, 3 ms$/);
    assert.match(endText({ ...view, state: 'timed-out', status: null }), /^\S*timed-out\S* {2}3 ms$/);
  });

  it('for want of members says how many were wanted, who was left out and what helps', () => {
    const asks = lacking(1, [member('Tally', 'asks up to 7 millionths, above the ceiling of 0')]).error;
    assert.equal(
      asks?.message,
      '1 agent is wanted, 1 found, 0 acceptable: Tally asks up to 7 millionths, above the ceiling of 0',
    );
    assert.match(asks?.hint ?? '', /--ceiling/);
    const sells = lacking(3, [member('Tally', null), member('Plain', 'Plain does not sell for EUR')]).error;
    assert.equal(sells?.message, '3 agents are wanted, 2 found, 1 acceptable: Plain does not sell for EUR');
    assert.match(sells?.hint ?? '', /--redundancy/);
    assert.equal(
      lacking(2, [member('Tally', null)]).error?.message,
      '2 agents are wanted, 1 found, 1 acceptable',
    );
    const failed = ['TASK_REFUSED', 'FUNDS_MISSING', 'TASK_REFUSED'];
    const asked = lacking(1, [member('Tally', null), member('Plain', null)], failed).error;
    assert.match(asked?.message ?? '', /; those that were asked failed with TASK_REFUSED, FUNDS_MISSING$/);
    assert.match(asked?.hint ?? '', /task status/);
  });

  it('cannot come from a member whose card promises less than was asked for', () => {
    assert.equal(belowSla({ sla: 'standard' }, 'standard'), null);
    assert.equal(belowSla({ sla: 'best-effort' }, undefined), null);
    assert.equal(
      belowSla({ sla: 'best-effort' }, 'premium'),
      'promises best-effort, and premium is asked for',
    );
  });
});
