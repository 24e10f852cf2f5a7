// A requester at its start goes on where it was, and settles what it owes; while it runs a result is on disk before anything follows from it.

import assert from 'node:assert/strict';
import { completeTask } from '../../../node/tasks/order.ts';
import { Requester, type RequesterDeps } from '../../../node/tasks/requester.ts';
import type { TaskEntry } from '../../../node/tasks/task-book.ts';
import { type Attempt, openTask, type Task, type TaskEvent } from '../../../protocol/task/index.ts';
import { refused } from '../../support/agents.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';
import { MODULE, manifestOf } from '../../support/task-manifests.ts';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const END = { status: 'completed', receipt: MODULE.cid, jobDigest: DIGEST, resultDigest: DIGEST };

const attempt = (token: number, state: Attempt['state']): Attempt => ({
  token,
  agentId: `member ${token}`,
  state,
  leaseUntil: 1,
  end: state === 'ended' ? END : null,
  error: null,
});
const entryOf = (taskId: string, task: Partial<Task>, settledTokens: number[] = []) =>
  ({
    taskId,
    name: taskId,
    submittedAt: 0,
    order: { redundancy: 1 },
    task: {
      ...openTask({ taskId, redundancy: 1, deadlineMs: 600_000, leaseMs: 12_000 }),
      searching: false,
      ...task,
    },
    members: [],
    runs: [],
    settled: settledTokens,
    comparison: null,
    endedAt: null,
  }) as unknown as TaskEntry;

/** A requester over the tasks of an earlier run, and what it did in its order. */
function rig(entries: readonly TaskEntry[], promised: readonly string[] = []) {
  const done: string[] = [];
  const writing: { durable: boolean; endedAt: number | null; disk: PromiseWithResolvers<void> }[] = [];
  const asked = new Map<number, (event: TaskEvent) => void>();
  const found = new Map<string, TaskEntry>();
  const quarantined = { module: undefined as { detail: string } | undefined };
  const held: number[] = [];
  let name = 'one';
  let failing = false;
  const isOpen = ({ task }: TaskEntry) => ['placing', 'running', 'draining'].includes(task.phase);
  const requester = new Requester({
    clock: new HandClock(),
    log: { warn: () => {}, error: () => {}, info: () => {} },
    metrics: { count: () => {}, observe: () => {} },
    quarantines: { module: () => quarantined.module },
    parts: {
      hold: (cids: string[]) => void held.push(cids.length),
      release: (cids: string[]) => void held.push(-cids.length),
    },
    settlement: {
      begin: ({ taskId }: TaskEntry) => void done.push(`settle ${taskId}`),
      compare: async (_: TaskEntry, __: unknown, tokens: number[]) => {
        done.push(`compare ${tokens}`);
        return 'compared';
      },
      stop: async () => {},
    },
    signing: { sign: async () => manifestOf('key', name) },
    ports: { payments: { promised: () => promised } },
    asker: { control: async () => [] },
    members: { find: async () => [], rank: () => [] },
    runs: {
      expect: () => () => {},
      waitsHere: () => false,
      stop: () => {},
      ask: async (_: TaskEntry, __: string, token: number) => {
        done.push(`ask ${token}`);
        return await new Promise<TaskEvent>((resolve) => asked.set(token, resolve));
      },
    },
    book: {
      open: () => entries.filter(isOpen),
      list: () => entries,
      find: (taskId: string) => found.get(taskId),
      manifest: async () => manifestOf('key'),
      note: () => {},
      onChange: () => {},
      end: ({ taskId }: TaskEntry) => void done.push(`end ${taskId}`),
      create: async (input: TaskEntry) => {
        if (failing) throw new Error('no room');
        const made = entryOf(input.taskId, input.task);
        found.set(input.taskId, made);
        return made;
      },
      save: async ({ endedAt }: TaskEntry, durable: boolean) => {
        const disk = Promise.withResolvers<void>();
        writing.push({ durable, endedAt, disk });
        await disk.promise;
      },
    },
  } as unknown as RequesterDeps);
  const submit = (as = 'one') => {
    name = as;
    return requester.submit({
      ...completeTask({ name: as, capability: 'any' }),
      module: new Uint8Array(8),
      stdin: new Uint8Array(),
      inputs: {},
    } as never);
  };
  return {
    asked,
    done,
    fail: () => {
      failing = true;
    },
    held,
    quarantined,
    requester,
    submit,
    writing,
  };
}

describe('a requester at its start', () => {
  const over = { phase: 'completed', attempts: [attempt(1, 'ended')] } as const;

  it('settles what was accepted and is not settled, and what is still promised for what has ended', async () => {
    const { done, requester } = rig(
      [
        entryOf('owed', { ...over, accepted: [1] }),
        entryOf('half', { ...over, accepted: [1, 2] }, [1]),
        entryOf('paid', { ...over, accepted: [1] }, [1]),
        entryOf('promised', { ...over, phase: 'cancelled' }),
        entryOf('free', { ...over, phase: 'cancelled' }),
        entryOf('running', { phase: 'running', attempts: [attempt(1, 'asked')] }),
      ],
      ['promised', 'running', 'paid'],
    );
    await requester.start();
    await settled();
    const settles = done.filter((one) => one.startsWith('settle')).sort();
    assert.deepEqual(settles, ['settle half', 'settle owed', 'settle paid', 'settle promised']);
    await requester.stop();
  });

  it('asks again whom it had asked, under the same tokens, and nobody else', async () => {
    const states = ['failed', 'asked', 'fenced', 'cancelled'] as const;
    const attempts = states.map((state, at) => attempt(at + 1, state));
    const { done, held, requester } = rig([entryOf('task', { phase: 'running', attempts })]);
    await requester.start();
    await settled();
    assert.deepEqual([done, held], [['ask 2'], [1]]);
    await requester.stop();
  });
});

describe('a requester', () => {
  it('has a result on disk before it is told and paid, in one write', async () => {
    const entry = entryOf('task', { phase: 'running', attempts: [attempt(1, 'asked')] });
    const { asked, done, held, requester, writing } = rig([entry]);
    await requester.start();
    await settled();
    asked.get(1)?.({ type: 'ended', token: 1, end: END });
    await settled();
    assert.deepEqual([done, entry.endedAt, held], [['ask 1'], null, [1]]);
    const [write] = writing;
    assert.deepEqual([writing.length, write?.durable, write?.endedAt === null], [1, true, false]);
    write?.disk.resolve();
    await settled();
    assert.deepEqual(
      [done, held],
      [
        ['ask 1', 'end task', 'settle task'],
        [1, -1],
      ],
    );
    await requester.stop();
  });

  it('signs what several runs came to once, and has that on disk before it tells of the end', async () => {
    for (const comparison of [null, 'compared']) {
      const attempts = [attempt(1, 'ended'), attempt(2, 'asked')];
      const entry = entryOf('task', { phase: 'running', redundancy: 2, wanted: 2, attempts });
      entry.comparison = comparison;
      const { asked, done, requester, writing } = rig([entry]);
      await requester.start();
      await settled();
      asked.get(2)?.({ type: 'ended', token: 2, end: END });
      await settled();
      writing[0]?.disk.resolve();
      await settled();
      assert.deepEqual(done, comparison === null ? ['ask 2', 'compare 1,2'] : ['ask 2']);
      assert.deepEqual(
        writing.map(({ durable }) => durable),
        [true, true],
      );
      writing[1]?.disk.resolve();
      await settled();
      assert.deepEqual(done.slice(-2), ['end task', 'settle task']);
      await requester.stop();
    }
  });

  it('tells and pays nothing that could not be written', async () => {
    const entry = entryOf('task', { phase: 'running', attempts: [attempt(1, 'asked')] });
    const { asked, done, requester, writing } = rig([entry]);
    await requester.start();
    await settled();
    asked.get(1)?.({ type: 'ended', token: 1, end: END });
    await settled();
    writing[0]?.disk.reject(new Error('no room'));
    await settled();
    assert.deepEqual([done, entry.endedAt], [['ask 1'], null]);
    await requester.stop();
  });

  it('begins a task once under one key, refuses another under it, and holds no parts of what it did not begin', async () => {
    const { fail, held, quarantined, requester, submit } = rig([]);
    fail();
    await assert.rejects(submit(), /no room/);
    assert.deepEqual(held, [1, -1]);
    const again = rig([]);
    const first = await again.submit();
    assert.equal(await again.submit(), first);
    assert.deepEqual(again.held, [1]);
    await assert.rejects(again.submit('two'), refused('ALREADY_EXISTS'));
    quarantined.module = { detail: 'kept apart' };
    await assert.rejects(submit(), refused('QUARANTINED'));
    for (const one of [requester, again.requester]) await one.stop();
  });
});
