// Node processes for the benchmarks of paid tasks: one that asks and others that sell, nine unless told, each with a home and a database of its
// own. The asker is in the process of the benchmark, so that its books can be read.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeConfig } from '../../node/config/index.ts';
import { type RunningNode, runNode } from '../../node/index.ts';
import { completeTask } from '../../node/tasks/order.ts';
import type { TaskEntry } from '../../node/tasks/task-book.ts';
import { agentAccount } from '../../protocol/ledger/index.ts';
import { type ChaosNode, chaosDraft, startChaosNode } from '../chaos/node-processes.ts';
import { percentile, until } from './node-rig.ts';

/** Fills 4.4 MB of fresh memory to count three words. */
export const WORD_COUNT: Uint8Array = readFileSync(
  new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url),
);
/** Has a page of memory and ends at once: what remains is the network's own work. */
export const NOTHING: Uint8Array = Uint8Array.fromHex(
  `0061736d01000000${'010401600000'}${'03020100'}${'0503010001'}${'071302066d656d6f72790200065f73746172740000'}${'0a040102000b'}`,
);
const WAIT_MS = 60_000;
/** Runs of one requester at one member at once (node/tasks/make-tasks.ts). */
const AT_ONCE = 16;
export const PRICE = 700n;
export const CURRENCY = 'TEST';
export const MEMBERS = 9;
/** Share of the tasks that the network promises to complete. */
export const SHARE_MIN = 0.995;
export const ISSUED = 10_000_000_000n;

export interface Seller {
  process: ChaosNode;
  readonly home: string;
  readonly agentId: string;
}

export interface TaskRig extends AsyncDisposable {
  readonly asker: RunningNode;
  readonly payer: string;
  readonly members: Seller[];
}

/** What may differ between loads. */
export interface LoadOptions {
  /** The module of each task; counting words unless told. */
  readonly module?: Uint8Array;
  /** Disturbs the tasks. */
  readonly faults?: () => Promise<void>;
}

/** What came of many tasks at once. */
export interface Load {
  readonly entries: readonly TaskEntry[];
  readonly completed: number;
  readonly seconds: number;
  /** Milliseconds to the end of each task, from the moment at which all were handed over: signing and storing them is part of it. */
  readonly times: readonly number[];
  /** Most bytes of memory that the asker's process took. */
  readonly memory: number;
}

/** Starts the nodes, publishes what they sell, and gives the asker money. */
export async function startTaskRig(sellers: number = MEMBERS): Promise<TaskRig> {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-load-'));
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
  const members: Seller[] = [];
  const end = async () => {
    for (const { process } of members) if (process.alive()) await process.end('SIGKILL');
    await asker.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let i = 0; i < sellers; i++) {
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
    return { asker, payer, members, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Starts a member that was killed again, where it was. */
export async function restart({ asker }: TaskRig, member: Seller): Promise<void> {
  const join = String(asker.node.host.getMultiaddrs()[0]);
  member.process = await startChaosNode(member.home, ['--join', join]);
}

async function submit(
  { asker }: TaskRig,
  members: readonly Seller[],
  module: Uint8Array = WORD_COUNT,
): Promise<TaskEntry> {
  return await asker.node.requester.submit({
    ...completeTask({
      name: 'count',
      capability: 'Seller',
      args: ['3'],
      priceCeiling: { amount: '1000', currency: CURRENCY },
      members: members.map(({ agentId }) => agentId),
    }),
    module,
    stdin: new Uint8Array(),
    inputs: { 'a.txt': new TextEncoder().encode('one two two') },
  });
}

/** Has each member paid for as many tasks as it can have under way at once: what it may later let go is no more than it was paid. */
export async function warmUp(rig: TaskRig): Promise<TaskEntry[]> {
  const each = rig.members.flatMap((member) => Array.from({ length: AT_ONCE }, () => submit(rig, [member])));
  const entries = await Promise.all(each);
  return await Promise.all(entries.map(({ taskId }) => rig.asker.node.tasks.ended(taskId, WAIT_MS)));
}

/** Longest wait for the numbers of one node, in milliseconds. */
const METRICS_MS_MAX = 10_000;

/** What all nodes have done up to now; their sandboxes apart. */
export interface Work {
  /** Milliseconds of processor, and those of them that the asker took. */
  readonly cpuMs: number;
  readonly askerMs: number;
  /** Messages of gossip that were judged, and statements of others that were stored. */
  readonly messages: number;
  readonly copies: number;
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function metricsOf({ process: { api } }: Seller): Promise<string> {
  const response = await fetch(`${api}/metrics`, { signal: AbortSignal.timeout(METRICS_MS_MAX) });
  return await response.text();
}

/** Resident bytes of each seller that lives and is not cut off. */
export async function memoryOf({ members }: TaskRig): Promise<number[]> {
  const alive = members.filter(({ process }) => process.alive());
  const texts = await Promise.all(alive.map((member) => metricsOf(member).catch(() => '')));
  return texts.map((text) => sumOf(text, 'process_resident_memory_bytes'));
}

/** Asks every node what it has done. */
export async function workOf({ asker, members }: TaskRig): Promise<Work> {
  const { system, user } = process.cpuUsage();
  const texts = await Promise.all([asker.node.metrics.render(), ...members.map(metricsOf)]);
  const sum = (name: string) => texts.reduce((total, text) => total + sumOf(text, name), 0);
  return {
    askerMs: (user + system) / 1_000,
    cpuMs: (user + system) / 1_000 + sum('process_cpu_seconds_total') * 1_000,
    messages: sum('zerostate_gossip_messages_total'),
    copies: sum('zerostate_statements_stored_total\\{origin="replicated"\\}'),
  };
}

/** Submits `count` tasks at once, and waits until all have ended. */
export async function load(
  rig: TaskRig,
  count: number,
  { faults = async () => {}, module = WORD_COUNT }: LoadOptions = {},
): Promise<Load> {
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, process.memoryUsage.rss());
  }, 100);
  const started = performance.now();
  const handedOver = Date.now();
  const entries = await Promise.all(Array.from({ length: count }, () => submit(rig, rig.members, module)));
  const disturbing = faults();
  const ended = await Promise.all(entries.map(({ taskId }) => rig.asker.node.tasks.ended(taskId, WAIT_MS)));
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(watch);
  await disturbing;
  const completed = ended.filter(({ task }) => task.phase === 'completed').length;
  const times = ended.flatMap(({ endedAt }) => (endedAt === null ? [] : [endedAt - handedOver]));
  return { entries: ended, completed, seconds, times, memory };
}

/** A load in one line. */
export function tellLoad({ memory, seconds, times }: Load): string {
  const [p50, p95] = [0.5, 0.95].map((p) => (percentile(times, p) / 1_000).toFixed(1));
  const rate = (times.length / seconds).toFixed(0);
  return `${rate} tasks/s; all at once, half had ended after ${p50} s, 95 % after ${p95} s; requester ${Math.round(memory / 2 ** 20)} MiB`;
}
