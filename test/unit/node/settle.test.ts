// When a task is settled again: after growing pauses, and soon after a member that was away is connected again.

import assert from 'node:assert/strict';
import { type SettleDeps, Settlement } from '../../../node/tasks/settle.ts';
import type { TaskEntry } from '../../../node/tasks/task-book.ts';
import type { VerifiedManifest } from '../../../protocol/task/index.ts';
import { makeAgent, NOT_BEFORE, seed } from '../../support/agents.ts';
import { HandClock, settled } from '../../support/hand-clock.ts';

const ENTRY = {
  taskId: 't',
  members: [
    { agentId: 'a', peer: 'peer-a' },
    { agentId: 'b', peer: 'peer-b' },
  ],
  runs: [],
  settled: [],
  task: { phase: 'cancelled', attempts: [{ agentId: 'a', token: 1 }], accepted: [] },
} as unknown as TaskEntry;

/** A settlement of one task whose only member keeps a promise until it is told to let it go. */
function rig(entry = ENTRY, promises = ['t']) {
  const clock = new HandClock();
  const host = new EventTarget();
  const asked: number[] = [];
  const of: string[] = [];
  let isThere = false;
  const payments = {
    promised: () => promises,
    withdraw: async ({ agentId }: { agentId: string }) => {
      asked.push(clock.now());
      of.push(agentId);
      if (!isThere) throw new Error('away');
    },
  };
  const deps = {
    clock,
    host,
    isBusy: () => false,
    ports: { payments },
    book: { save: async () => {}, saveSettled: async () => {} },
    log: {},
  };
  const settlement = new Settlement(deps as unknown as SettleDeps);
  return {
    asked,
    clock,
    of,
    settlement,
    begin: async () => {
      settlement.begin(entry, {} as VerifiedManifest);
      await settled();
    },
    connect: (peer: string) => host.dispatchEvent(new CustomEvent('peer:connect', { detail: peer })),
    back: () => {
      isThere = true;
    },
  };
}

/** A settlement at a busy node whose tasks were accepted, each for one paid run; what it paid for, logged and saved, by task. */
function countersigner() {
  const clock = new HandClock();
  const agent = makeAgent(10);
  const id = `bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku`;
  const entries = new Map<string, TaskEntry>();
  const [logged, paid, saved]: [string[], string[], string[]] = [[], [], []];
  const prices: string[] = [];
  let isBusy = true;
  let slow: Promise<void> | undefined;
  let isAway = false;
  let isFull = false;
  const settlement = new Settlement({
    // Within the time of the agent's keys.
    clock: {
      now: () => Date.parse(NOT_BEFORE) + clock.now(),
      after: (ms: number, run: () => void) => clock.after(ms, run),
    },
    isBusy: () => isBusy,
    host: new EventTarget(),
    log: { warn: () => {}, error: assert.fail },
    vault: { get: () => ({ ...agent, operationalSeed: seed(12) }) },
    ownLog: {
      append: async ({ payload }: { payload: Uint8Array }) => {
        if (isFull) throw new Error('no room');
        const { price, taskId } = JSON.parse(new TextDecoder().decode(payload)).predicate;
        logged.push(taskId);
        prices.push(price?.amount);
        return { statementId: id };
      },
    },
    ports: {
      payments: {
        promised: () => [],
        pay: async ({ agentId, manifest }: { agentId: string; manifest: VerifiedManifest }) => {
          if (isAway && agentId === agent.agentId) throw new Error('away');
          await slow;
          paid.push(manifest.manifest.taskId);
        },
      },
    },
    book: {
      note: () => {},
      save: async () => {},
      saveSettled: async ({ taskId }: TaskEntry) => void saved.push(taskId),
    },
  } as unknown as SettleDeps);
  const entryOf = (taskId: string) => {
    const owed = { amount: '7', currency: 'TEST' };
    const end = { resultDigest: `sha256:${'0'.repeat(64)}` };
    // One whose name begins with "both" was run by two.
    const by = taskId.startsWith('both') ? [agent, makeAgent(20)] : [agent];
    const runs = by.map(({ agentId }, at) => ({ token: at + 1, agentId, owed, receiptId: id, end }));
    const task = { phase: 'completed', accepted: runs.map(({ token }) => token), attempts: runs };
    return { taskId, members: [], settled: [], runs, task } as unknown as TaskEntry;
  };
  const begin = (...taskIds: readonly string[]) => {
    for (const taskId of taskIds) {
      const entry = entries.get(taskId) ?? entryOf(taskId);
      entries.set(taskId, entry);
      const manifest = { id, manifest: { requester: agent.agentId, taskId } };
      settlement.begin(entry, manifest as unknown as VerifiedManifest);
    }
  };
  return {
    begin,
    clock,
    entries,
    entryOf,
    logged,
    paid,
    prices,
    saved,
    settlement,
    /** The member of the tasks is not there. */
    away: () => {
      isAway = true;
    },
    back: () => {
      isAway = false;
    },
    /** The channel takes its time. */
    slowly: (until: Promise<void>) => {
      slow = until;
    },
    /** The log takes nothing more. */
    full: (is: boolean) => {
      isFull = is;
    },
    /** Tasks keep the node busy no more. */
    rest: () => {
      isBusy = false;
    },
  };
}

describe('the settlement of tasks', () => {
  it('is tried again after growing pauses, and two seconds after the member is back', async () => {
    const { asked, back, begin, clock, connect } = rig();
    await begin();
    await clock.pass(2_000);
    await clock.pass(4_000);
    assert.deepEqual(asked, [0, 2_000, 6_000]);
    connect('peer-b');
    await clock.pass(2_000);
    assert.equal(asked.length, 3, 'another member is not the one that is waited for');
    connect('peer-a');
    back();
    // Who comes and goes is not asked more often for it.
    await clock.pass(1_000);
    connect('peer-a');
    await clock.pass(1_000);
    assert.deepEqual(asked, [0, 2_000, 6_000, 10_000]);
    assert.equal(clock.waiting, 0, 'done');
  });

  it('takes back what is promised to those whose runs were not accepted, when the task has ended', async () => {
    const attempts = [
      { agentId: 'a', token: 1 },
      { agentId: 'b', token: 2 },
      { agentId: 'a', token: 3 },
      { agentId: 'c', token: 4 },
    ];
    const taskOf = (phase: string) =>
      ({ ...ENTRY, settled: [1], task: { phase, attempts, accepted: [1] } }) as unknown as TaskEntry;
    for (const [phase, promises, asked] of [
      ['completed', ['t'], ['b', 'c']],
      ['completed', ['other'], []],
      ['running', ['t'], []],
    ] as const) {
      const { back, begin, of } = rig(taskOf(phase), [...promises]);
      back();
      await begin();
      assert.deepEqual(of, asked, `${phase}, ${promises}`);
    }
  });

  it('waits for the member after so many rounds, and asks for nothing meanwhile', async () => {
    const { asked, begin, clock, connect } = rig();
    await begin();
    for (let round = 0; round < 60; round++) await clock.pass(300_000);
    assert.deepEqual([asked.length, clock.waiting], [49, 0]);
    connect('peer-a');
    await clock.pass(2_000);
    assert.deepEqual([asked.length, clock.waiting], [50, 1]);
  });

  it('is of one round at a time, however often it is begun', async () => {
    const { asked, begin, clock } = rig();
    await begin();
    await begin();
    assert.equal(clock.waiting, 1);
    await clock.pass(2_000);
    assert.equal(asked.length, 3);
  });

  it('is over when the node stops', async () => {
    const { asked, begin, clock, connect, settlement } = rig();
    await begin();
    settlement.stop();
    connect('peer-a');
    await clock.pass(10_000);
    assert.deepEqual(asked, [0]);
  });

  it('pays at once, and has the countersignatures of a busy requester wait; those of a lone task do not', async () => {
    const { begin, clock, logged, paid, rest } = countersigner();
    begin('one', 'two');
    await settled();
    assert.deepEqual(paid, ['one', 'two']);
    await clock.pass(2_000);
    assert.deepEqual(logged, []);
    rest();
    await clock.pass(250);
    assert.deepEqual(logged, ['one', 'two']);
    begin('three');
    await settled();
    assert.deepEqual(logged, ['one', 'two', 'three']);
  });

  it('tries to pay again while a countersignature waits, and neither signs nor pays twice', async () => {
    const { away, back, begin, clock, entries, logged, paid, rest } = countersigner();
    away();
    begin('one');
    await settled();
    await clock.pass(2_000);
    assert.deepEqual([paid, logged], [[], []]);
    back();
    await clock.pass(4_000);
    assert.deepEqual([paid, logged], [['one'], []], 'nobody who is owed waits for it');
    // Something else of the task has ended.
    begin('one');
    await settled();
    rest();
    await clock.pass(250);
    assert.deepEqual([paid, logged], [['one'], ['one']]);
    assert.deepEqual([entries.get('one')?.settled, entries.get('one')?.countersigned], [[1], [1]]);
    assert.equal(clock.waiting, 0);
  });

  it('tries to pay one member again while the countersignature of another waits, and settles each when it is done', async () => {
    const { away, back, begin, clock, entries, logged, paid, prices, rest, saved } = countersigner();
    away();
    begin('both');
    await settled();
    assert.deepEqual(paid, ['both'], 'the one that is there');
    back();
    await clock.pass(2_000);
    assert.deepEqual([paid, logged], [['both', 'both'], []]);
    rest();
    await clock.pass(250);
    assert.deepEqual(logged, ['both', 'both']);
    assert.deepEqual(entries.get('both')?.settled, [1, 2]);
    assert.deepEqual(entries.get('both')?.countersigned, [1, 2]);
    assert.deepEqual(prices, ['7', '7']);
    assert.deepEqual(saved, ['both'], 'when nothing of it is left');
  });

  it('pays once, however often it is begun while the pay is under way', async () => {
    const { begin, entries, paid, rest, slowly } = countersigner();
    rest();
    const gate = Promise.withResolvers<void>();
    slowly(gate.promise);
    for (let round = 0; round < 3; round++) begin('one');
    await settled();
    gate.resolve();
    await settled();
    assert.deepEqual([paid, entries.get('one')?.settled], [['one'], [1]]);
  });

  it('does not count as done what is countersigned and not paid', async () => {
    const { away, back, begin, clock, entries, entryOf, paid, saved } = countersigner();
    away();
    entries.set('signed', { ...entryOf('signed'), countersigned: [1] });
    begin('signed');
    await settled();
    assert.deepEqual([paid, entries.get('signed')?.settled, saved], [[], [], []]);
    back();
    await clock.pass(2_000);
    assert.deepEqual([paid, entries.get('signed')?.settled, saved], [['signed'], [1], ['signed']]);
  });

  it('signs nothing again that the log holds since before a restart, and still pays; without a receipt it does neither', async () => {
    const { begin, entries, entryOf, logged, paid, rest } = countersigner();
    rest();
    entries.set('signed', { ...entryOf('signed'), countersigned: [1] });
    const bare = entryOf('bare');
    entries.set('bare', { ...bare, runs: bare.runs.map((run) => ({ ...run, receiptId: null })) });
    entries.set('over', { ...entryOf('over'), settled: [1] });
    begin('signed', 'bare', 'over');
    await settled();
    assert.deepEqual([logged, paid], [[], ['signed']]);
    for (const taskId of ['signed', 'bare', 'over'])
      assert.deepEqual(entries.get(taskId)?.settled, [1], taskId);
  });

  it('countersigns what waits when the node stops, and remembers it for the next start', async () => {
    const { away, begin, clock, logged, saved, settlement } = countersigner();
    away();
    begin('one');
    begin('two');
    await settled();
    await settlement.stop();
    assert.deepEqual(logged, ['one', 'two']);
    assert.deepEqual(saved, ['one', 'two']);
    assert.equal(clock.waiting, 0);
  });

  it('is tried again when the log takes nothing, and does not pay again for it', async () => {
    const { begin, clock, entries, full, logged, paid, rest } = countersigner();
    rest();
    full(true);
    begin('one');
    await settled();
    assert.deepEqual([paid, logged, entries.get('one')?.settled], [['one'], [], []]);
    full(false);
    await clock.pass(2_000);
    assert.deepEqual([paid, logged, entries.get('one')?.settled], [['one'], ['one'], [1]]);
  });
});
