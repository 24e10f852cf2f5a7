// Five hundred paid tasks at once, from one node to nine others, each a process of its own; and again while two of them are killed and one
// is held with its connections open. What counts is that all complete, that none is lost or paid twice, and that the ledger balances.

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
/** What the network promises. */
const SHARE_MIN = 0.995;
const P95_MS_MAX = 1_500;
const WAIT_MS = 60_000;
const SETTLE_MS = 20_000;

interface Member {
  readonly process: ChaosNode;
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
    const process = await startChaosNode(join(folder, `member-${i}`), ['--join', address]);
    const prices = [{ unit: 'request', amount: String(PRICE), currency: CURRENCY }];
    const { json } = await process.call('/v1/cards', { draft: { ...chaosDraft(`Seller ${i}`), prices } });
    members.push({ process, agentId: json.agentId as string });
  }
  const payer = (await asker.node.cards.publish(chaosDraft('Payer'))).agentId;
  await asker.node.payments.ledger.post({
    by: payer,
    name: 'faucet',
    kind: 'issue',
    currency: CURRENCY,
    to: [{ account: agentAccount(payer), amount: 10_000_000_000n }],
    memo: '',
  });
  await until(() => members.every(({ agentId }) => asker.node.book.get(agentId) !== undefined), WAIT_MS);
  return { asker, payer, members };
}

async function submit({ asker, members }: Rig): Promise<TaskEntry> {
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

/** What the payer's channels say was paid, and to how many. */
function paidBy({ asker }: Rig): bigint {
  return asker.node.payments.sides
    .list()
    .filter(({ state }) => state.side === 'payer')
    .reduce((sum, { state }) => sum + (state.newest?.paid ?? 0n), 0n);
}

async function load(rig: Rig, count: number, faults: () => Promise<void>) {
  const before = paidBy(rig);
  const started = performance.now();
  const entries = await Promise.all(Array.from({ length: count }, () => submit(rig)));
  const disturbing = faults();
  const ended = await Promise.all(entries.map(({ taskId }) => rig.asker.node.tasks.ended(taskId, WAIT_MS)));
  const seconds = (performance.now() - started) / 1_000;
  await disturbing;
  const completed = ended.filter(({ task }) => task.phase === 'completed').length;
  const times = ended.flatMap(({ endedAt, submittedAt }) =>
    endedAt === null ? [] : [endedAt - submittedAt],
  );
  const settled = () => ended.reduce((sum, entry) => sum + entry.settled.length, 0);
  // A member that is gone is paid when it comes back, or claims by itself: it is not waited for.
  for (let waited = 0; settled() < completed && waited < SETTLE_MS; waited += 250) await delay(250);
  const paid = paidBy(rig) - before;
  if (paid > PRICE * BigInt(completed))
    throw new Error(`paid ${paid} for ${completed} tasks: one was paid twice`);
  if (paid < PRICE * BigInt(settled())) throw new Error(`paid ${paid} for ${settled()} settled tasks`);
  const open = ended.filter(({ endedAt }) => endedAt === null).length;
  return { completed, open, seconds, settled: settled(), times };
}

export const bench: Bench = {
  name: 'task-throughput',
  summary: '500 paid tasks at once over 10 node processes; again with two members killed and one cut off',
  bar: { sign: '>=', value: 1 },
  async run({ sizes, report, note }) {
    const count = sizes(200, 500);
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-load-'));
    const rig = await startRig(folder);
    try {
      // Each member once, so that its runner and its channel stand.
      await load(rig, MEMBERS * 2, async () => {});
      for (const [name, faults] of [
        ['nothing wrong', async () => {}],
        [
          'two members killed, one cut off',
          async () => {
            const [first, second, third] = rig.members as [Member, Member, Member];
            third.process.hold(true);
            await Promise.all([first.process.end('SIGKILL'), second.process.end('SIGKILL')]);
          },
        ],
      ] as const) {
        const { completed, open, seconds, settled, times } = await load(rig, count, faults);
        note(
          `${name}: ${completed} of ${count} completed, ${open} still open, ${settled} paid so far, none twice; ${(count / seconds).toFixed(0)} tasks/s`,
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
        if (name !== 'nothing wrong') continue;
        report({
          case: `${name}: p95 end to end`,
          sizes: { tasks: count, nodes: MEMBERS + 1 },
          ours: percentile(times, 0.95),
          peer: P95_MS_MAX,
          peerName: 'the limit for single tasks',
          unit: 'ms',
          better: 'lower',
        });
      }
    } finally {
      for (const { process } of rig.members) {
        process.hold(false);
        if (process.alive()) await process.end('SIGKILL');
      }
      await rig.asker.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
