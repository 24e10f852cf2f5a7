// Five hundred paid tasks at once, from one node to nine others, each a process of its own; and again while two of them are killed and the
// links of one are cut, behind which it goes on working. Then those come back, every channel is ended, and the accounts must say to the unit
// that each task was paid once: who did the work of a task that another one was paid for lets it go.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { completeConfig } from '../../node/config/index.ts';
import { type RunningNode, runNode } from '../../node/index.ts';
import { completeTask } from '../../node/tasks/order.ts';
import type { TaskEntry } from '../../node/tasks/task-book.ts';
import { agentAccount } from '../../protocol/ledger/index.ts';
import { type ChaosNode, chaosDraft, startChaosNode } from '../chaos/node-processes.ts';
import type { Bench } from './bench.ts';
import { percentile, until } from './node-rig.ts';

const MODULE = readFileSync(new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url));
const PRICE = 700n;
const CURRENCY = 'TEST';
const MEMBERS = 9;
/** Runs of one requester at one member at once (node/tasks/make-tasks.ts). */
const AT_ONCE = 16;
/** What the network promises. */
const SHARE_MIN = 0.995;
const WAIT_MS = 60_000;
/** Members that come back and read the logs they missed, rounds of settling with growing pauses, and the ends of all channels. */
const SETTLE_MS = 240_000;
const ISSUED = 10_000_000_000n;

interface Member {
  process: ChaosNode;
  readonly home: string;
  readonly agentId: string;
}

interface Rig {
  readonly asker: RunningNode;
  readonly payer: string;
  readonly members: Member[];
}

async function startRig(folder: string): Promise<Rig> {
  const asker = await runNode({
    home: join(folder, 'asker'),
    config: completeConfig({
      name: 'asker',
      network: 'chaos',
      region: 'here',
      roles: ['boot'],
      api: { host: '127.0.0.1', port: 0 },
      log: { level: 'silent' },
    }),
  });
  const address = String(asker.node.host.getMultiaddrs()[0]);
  const members: Member[] = [];
  for (let i = 0; i < MEMBERS; i++) {
    const home = join(folder, `member-${i}`);
    const process = await startChaosNode(home, ['--join', address]);
    const prices = [{ unit: 'request', amount: String(PRICE), currency: CURRENCY }];
    const { json } = await process.call('/v1/cards', { draft: { ...chaosDraft(`Seller ${i}`), prices } });
    members.push({ process, home, agentId: json.agentId as string });
  }
  const payer = (await asker.node.cards.publish(chaosDraft('Payer'))).agentId;
  await asker.node.payments.ledger.post({
    by: payer,
    name: 'faucet',
    kind: 'issue',
    currency: CURRENCY,
    to: [{ account: agentAccount(payer), amount: ISSUED }],
    memo: '',
  });
  await until(() => members.every(({ agentId }) => asker.node.book.get(agentId) !== undefined), WAIT_MS);
  return { asker, payer, members };
}

/** Starts a member that was killed again, where it was. */
async function restart({ asker }: Rig, member: Member): Promise<void> {
  const join = String(asker.node.host.getMultiaddrs()[0]);
  member.process = await startChaosNode(member.home, ['--join', join]);
}

async function submit({ asker }: Rig, members: readonly Member[]): Promise<TaskEntry> {
  return await asker.node.requester.submit({
    ...completeTask({
      name: 'count',
      capability: 'Seller',
      args: ['3'],
      priceCeiling: { amount: '1000', currency: CURRENCY },
      members: members.map(({ agentId }) => agentId),
    }),
    module: MODULE,
    stdin: new Uint8Array(),
    inputs: { 'a.txt': new TextEncoder().encode('one two two') },
  });
}

interface Load {
  readonly entries: readonly TaskEntry[];
  readonly completed: number;
  readonly seconds: number;
  readonly times: readonly number[];
  /** Most bytes of memory that the requester's process took. */
  readonly memory: number;
}

/** Has each member paid for as many tasks as it can have under way at once: what it may later let go is no more than it was paid. */
async function warmUp(rig: Rig): Promise<TaskEntry[]> {
  const each = rig.members.flatMap((member) => Array.from({ length: AT_ONCE }, () => submit(rig, [member])));
  const entries = await Promise.all(each);
  return await Promise.all(entries.map(({ taskId }) => rig.asker.node.tasks.ended(taskId, WAIT_MS)));
}

async function load(rig: Rig, count: number, faults: () => Promise<void>): Promise<Load> {
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, process.memoryUsage().rss);
  }, 100);
  const started = performance.now();
  const entries = await Promise.all(Array.from({ length: count }, () => submit(rig, rig.members)));
  const disturbing = faults();
  const ended = await Promise.all(entries.map(({ taskId }) => rig.asker.node.tasks.ended(taskId, WAIT_MS)));
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(watch);
  await disturbing;
  const completed = ended.filter(({ task }) => task.phase === 'completed').length;
  const times = ended.flatMap(({ endedAt, submittedAt }) =>
    endedAt === null ? [] : [endedAt - submittedAt],
  );
  return { entries: ended, completed, seconds, times, memory };
}

/** Waits, and leaves the processor to the nodes meanwhile. */
async function eventually(done: () => boolean): Promise<void> {
  for (const began = performance.now(); !done(); await delay(100))
    if (performance.now() - began > SETTLE_MS) throw new Error(`not settled after ${SETTLE_MS} ms`);
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
async function settleAll({ asker, members, payer }: Rig, entries: readonly TaskEntry[]): Promise<Books> {
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
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-load-'));
    const rig = await startRig(folder);
    const entries: TaskEntry[] = [];
    try {
      entries.push(...(await warmUp(rig)));
      const [first, second, third] = rig.members as [Member, Member, Member];
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
        const done = await load(rig, count, faults);
        entries.push(...done.entries);
        const { completed, memory, seconds, times } = done;
        const [p50, p95] = [0.5, 0.95].map((p) => (percentile(times, p) / 1_000).toFixed(1));
        note(
          `${name}: ${(count / seconds).toFixed(0)} tasks/s; all at once, half had ended after ${p50} s, 95 % after ${p95} s; requester ${Math.round(memory / 2 ** 20)} MiB`,
        );
        report({
          case: `${name}: share completed`,
          sizes: { tasks: count, nodes: MEMBERS + 1 },
          ours: completed / count,
          peer: SHARE_MIN,
          peerName: 'the share promised',
          unit: 'share',
          better: 'higher',
        });
      }
      third.process.cut(false);
      await Promise.all([first, second].map((member) => restart(rig, member)));
      const { closed, overtaken, paidRuns } = await settleAll(rig, entries);
      note(
        `the cut one joined and the killed ones restarted: ${paidRuns} runs paid once each, ${overtaken} that others overtook not at all; ${closed} channels ended by both sides, every balance to the unit`,
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
    } finally {
      for (const { process } of rig.members) if (process.alive()) await process.end('SIGKILL');
      await rig.asker.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
