// Five hundred paid tasks at once, from one node to nine others, each a process of its own; and again while two of them are killed and the
// links of one are cut, behind which it goes on working. Then those come back, every channel is ended, and the accounts must say to the unit
// that each task was paid once: who did the work of a task that another one was paid for lets it go.

import { setTimeout as delay } from 'node:timers/promises';
import type { TaskEntry } from '../../node/tasks/task-book.ts';
import { agentAccount } from '../../protocol/ledger/index.ts';
import { isFinal } from '../../protocol/task/index.ts';
import type { Bench } from './bench.ts';
import {
  CURRENCY,
  ISSUED,
  load,
  MEMBERS,
  memoryOf,
  PRICE,
  restart,
  type Seller,
  SHARE_MIN,
  startTaskRig,
  type TaskRig,
  tellLoad,
  warmUp,
} from './task-rig.ts';

/** Members that come back and read the logs they missed, rounds of settling with growing pauses, and the ends of all channels. */
const SETTLE_MS = 240_000;

/** Waits, and leaves the processor to the nodes meanwhile. */
async function eventually(done: () => boolean): Promise<void> {
  for (const began = performance.now(); !done(); await delay(100))
    if (performance.now() - began > SETTLE_MS) throw new Error(`not settled after ${SETTLE_MS} ms`);
}

/** Most memory of one node under the load, in MiB: queues and caches are bounded, so that it does not follow the number of tasks. */
const MEMORY_MIB_MAX = 1_024;

/** Throws when a task has no end, was lost, or had two runs accepted: what was accepted is paid. */
function requireOnce(entries: readonly TaskEntry[]): void {
  for (const { task, taskId } of entries) {
    if (!isFinal(task.phase) || task.phase === 'lost') throw new Error(`task ${taskId} is ${task.phase}`);
    if (task.accepted.length > task.redundancy)
      throw new Error(`${task.accepted.length} runs of task ${taskId} were accepted`);
  }
}

/** What has been asked of the ledger and of every channel, told in one line. */
interface Books {
  /** Runs that were accepted and paid. */
  readonly paidRuns: number;
  /** Runs that another one overtook and that did their work all the same. */
  readonly overtaken: number;
  /** Channels that both sides signed the end of. */
  readonly closed: number;
}

/** Waits until nothing is promised any more, ends every channel, and adds everything up: at the payer, and at a member from its own copies. */
async function settleAll({ asker, members, payer }: TaskRig, entries: readonly TaskEntry[]): Promise<Books> {
  const { node } = asker;
  const { channels, ledger, sides, taskPayments } = node.payments;
  const accepted = entries.flatMap(({ runs, task }) =>
    runs.filter(({ token }) => task.accepted.includes(token)),
  );
  const settled = () => entries.every(({ settled: done, task }) => done.length === task.accepted.length);
  await eventually(() => settled() && taskPayments.promised().length === 0);
  const mine = sides.list().filter(({ state }) => state.side === 'payer');
  for (const { state } of mine) await channels.close(state.terms.channel, 'payer', false);
  await eventually(() => sides.list().every(({ state }) => state.phase === 'settled'));
  const paid = ISSUED - ledger.balance(agentAccount(payer), CURRENCY);
  const owed = PRICE * BigInt(accepted.length);
  if (paid !== owed) throw new Error(`${accepted.length} runs cost ${owed}, and ${paid} was paid`);
  const isBalanced = (report: { ok: boolean; overdrawn: readonly unknown[] }) =>
    report.ok && report.overdrawn.length === 0;
  if (!isBalanced(ledger.verify())) throw new Error('the ledger does not balance');
  const shares = new Map<string, bigint>();
  for (const { agentId } of accepted) shares.set(agentId, (shares.get(agentId) ?? 0n) + PRICE);
  for (const { agentId } of members) {
    const has = ledger.balance(agentAccount(agentId), CURRENCY);
    const share = shares.get(agentId) ?? 0n;
    if (has !== share) throw new Error(`${agentId} earned ${share} and has ${has}`);
  }
  const attempts = entries.reduce((sum, { task }) => sum + task.attempts.length, 0);
  return { paidRuns: accepted.length, overtaken: attempts - accepted.length, closed: mine.length };
}

export const bench: Bench = {
  name: 'task-throughput',
  summary:
    '500 paid tasks at once over 10 node processes; again with two killed and one cut off; then all is paid, once',
  bar: { sign: '>=', value: 1 },
  async run({ sizes, report, note }) {
    const count = sizes(200, 500);
    await using rig = await startTaskRig();
    const entries: TaskEntry[] = [...(await warmUp(rig))];
    const [first, second, third] = rig.members as [Seller, Seller, Seller];
    for (const [name, faults] of [
      ['nothing wrong', async () => {}],
      [
        'two members killed, one cut off',
        async () => {
          third.process.cut(true);
          await Promise.all([first.process.end('SIGKILL'), second.process.end('SIGKILL')]);
        },
      ],
    ] as const) {
      const done = await load(rig, count, { faults });
      entries.push(...done.entries);
      requireOnce(done.entries);
      note(`${name}: ${tellLoad(done)}`);
      report({
        case: `${name}: share completed`,
        sizes: { tasks: count, nodes: MEMBERS + 1 },
        ours: done.completed / count,
        peer: SHARE_MIN,
        peerName: 'the share promised',
        unit: 'share',
        better: 'higher',
      });
      report({
        case: `${name}: most memory of one node`,
        sizes: { tasks: count, nodes: MEMBERS + 1 },
        ours: Math.max(done.memory, ...(await memoryOf(rig))) / 2 ** 20,
        peer: MEMORY_MIB_MAX,
        peerName: 'the bound',
        unit: 'MiB',
        better: 'lower',
        bar: { sign: '<=', value: 1 },
      });
    }
    const settling = performance.now();
    third.process.cut(false);
    await Promise.all([first, second].map((member) => restart(rig, member)));
    const { closed, overtaken, paidRuns } = await settleAll(rig, entries);
    note(
      `the cut one joined and the killed ones restarted: ${paidRuns} runs paid once each, ${overtaken} that others overtook not at all; ${closed} channels ended by both sides, every balance to the unit, ${((performance.now() - settling) / 1_000).toFixed(0)} s after`,
    );
    report({
      case: 'runs paid, of tasks completed',
      sizes: { tasks: entries.length, nodes: MEMBERS + 1 },
      ours: paidRuns,
      peer: entries.filter(({ task }) => task.phase === 'completed').length,
      peerName: 'each once',
      unit: 'runs',
      better: 'higher',
      bar: { sign: '>=', value: 1 },
    });
  },
};
