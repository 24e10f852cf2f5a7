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
function rig() {
  const clock = new HandClock();
  const host = new EventTarget();
  const asked: number[] = [];
  let isThere = false;
  const payments = {
    promised: () => ['t'],
    withdraw: async () => {
      asked.push(clock.now());
      if (!isThere) throw new Error('away');
    },
  };
  const deps = { clock, host, ports: { payments }, book: { save: async () => {} }, log: {} };
  const settlement = new Settlement(deps as unknown as SettleDeps);
  return {
    asked,
    clock,
    settlement,
    begin: async () => {
      settlement.begin(ENTRY, {} as VerifiedManifest);
      await settled();
    },
    connect: (peer: string) => host.dispatchEvent(new CustomEvent('peer:connect', { detail: peer })),
    back: () => {
      isThere = true;
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

  it('is over when the node stops', async () => {
    const { asked, begin, clock, connect, settlement } = rig();
    await begin();
    settlement.stop();
    connect('peer-a');
    await clock.pass(10_000);
    assert.deepEqual(asked, [0]);
  });

  it('has countersignatures of a busy requester go to the log together, and that of a lone task at once', async () => {
    const clock = new HandClock();
    const agent = makeAgent(10);
    const id = `bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku`;
    const logged: number[] = [];
    let open = 20;
    const settlement = new Settlement({
      // Within the time of the agent's keys.
      clock: {
        now: () => Date.parse(NOT_BEFORE) + clock.now(),
        after: (ms: number, run: () => void) => clock.after(ms, run),
      },
      host: new EventTarget(),
      log: { warn: assert.fail, error: assert.fail },
      vault: { get: () => ({ ...agent, operationalSeed: seed(12) }) },
      ownLog: {
        append: async () => {
          logged.push(clock.now());
          return { statementId: id };
        },
      },
      ports: { payments: { promised: () => [] } },
      book: { save: async () => {}, open: () => Array.from({ length: open }) },
    } as unknown as SettleDeps);
    const manifest = { id, manifest: { requester: agent.agentId } } as unknown as VerifiedManifest;
    const end = (taskId: string) =>
      settlement.begin(
        {
          taskId,
          members: [],
          settled: [],
          runs: [{ token: 1, agentId: agent.agentId, owed: null, receiptId: id }],
          task: {
            phase: 'completed',
            accepted: [1],
            attempts: [
              { agentId: agent.agentId, token: 1, end: { resultDigest: `sha256:${'0'.repeat(64)}` } },
            ],
          },
        } as unknown as TaskEntry,
        manifest,
      );
    end(id);
    await settled();
    await clock.pass(30);
    end(`${id.slice(0, -1)}a`);
    await clock.pass(19);
    assert.deepEqual(logged, []);
    await clock.pass(1);
    assert.deepEqual(logged, [50, 50]);
    open = 0;
    end(id);
    await settled();
    assert.deepEqual(logged, [50, 50, 50]);
    settlement.stop();
  });
});
