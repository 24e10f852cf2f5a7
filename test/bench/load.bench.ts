// Five hundred paid tasks at once: how many complete, and how long the slowest twentieth takes from the moment at which all are handed over to a
// receipt that is checked and on disk. For two sizes of network and two modules, warm: all processes share the processors of this machine, and
// one that has done few tasks still compiles its code.

import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, BenchContext } from './bench.ts';
import { percentile } from './node-rig.ts';
import {
  load,
  NOTHING,
  SHARE_MIN,
  startTaskRig,
  type TaskRig,
  tellLoad,
  WORD_COUNT,
  type Work,
  warmUp,
  workOf,
} from './task-rig.ts';

const TASKS = 500;
/** What the network promises on two cores. */
const P95_MS = 1_500;
/** In this time what a round left to do (payments, copies of what was logged) is done. */
const REST_MS = 5_000;
/** Sellers beside the node that asks. */
const NETWORKS = [2, 9];
/** Rounds that are not measured. */
const WARM_ROUNDS = 2;
const MODULES = [
  { name: 'counting words', module: WORD_COUNT },
  { name: 'a module that ends at once', module: NOTHING },
] as const;

function tellWork(from: Work, to: Work): string {
  const each = (name: keyof Work) => ((to[name] - from[name]) / TASKS).toFixed(1);
  return `a task took all nodes ${each('cpuMs')} ms of processor, the one that asked ${each('askerMs')} of it, ${each('messages')} messages of gossip and ${each('copies')} copies of statements`;
}

/** Ends when the work that a round left is done. */
async function warm(rig: TaskRig): Promise<void> {
  await warmUp(rig);
  for (let round = 0; round < WARM_ROUNDS; round++) await load(rig, TASKS);
  await delay(REST_MS);
}

async function measure(rig: TaskRig, rounds: number, { note, report }: BenchContext): Promise<void> {
  const nodes = rig.members.length + 1;
  const resting = await workOf(rig);
  await delay(REST_MS);
  const idle = (((await workOf(rig)).cpuMs - resting.cpuMs) * 1_000) / REST_MS;
  note(
    `${nodes} nodes without a task take ${idle.toFixed(0)} ms of processor a second, which is in what follows`,
  );
  for (let round = 1; round <= rounds; round++)
    for (const { module, name } of MODULES) {
      const title = `${nodes} nodes, ${name}, round ${round}`;
      const before = await workOf(rig);
      const done = await load(rig, TASKS, { module });
      await delay(REST_MS);
      note(`${title}: ${tellLoad(done)}`);
      note(`${title}: ${tellWork(before, await workOf(rig))}`);
      const shape = { tasks: TASKS, nodes };
      report({
        case: `${title}: share completed`,
        sizes: shape,
        ours: done.completed / TASKS,
        peer: SHARE_MIN,
        peerName: 'the share promised',
        unit: 'share',
        better: 'higher',
        bar: { sign: '>=', value: 1 },
      });
      report({
        case: `${title}: p95 end to end`,
        sizes: { ...shape, p50: Math.round(percentile(done.times, 0.5)) },
        ours: percentile(done.times, 0.95),
        peer: P95_MS,
        peerName: 'the limit',
        unit: 'ms',
        better: 'lower',
      });
    }
}

export const bench: Bench = {
  name: 'load',
  summary:
    '500 paid tasks at once over 3 and 10 node processes: share completed, and p95 from submission to the end',
  bar: { sign: '<=', value: 1 },
  async run(context) {
    const { only, sizes } = context;
    const rounds = sizes(2, 4);
    for (const sellers of NETWORKS) {
      if (only.length > 0 && !only.includes(String(sellers + 1))) continue;
      await using rig = await startTaskRig(sellers);
      await warm(rig);
      await measure(rig, rounds, context);
    }
  },
};
