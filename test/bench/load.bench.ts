// Five hundred paid tasks at once over ten node processes, warm: how many complete, and how long the slowest twentieth takes from submission to a
// receipt that is checked and on disk. All ten processes, with a sandbox each, share the processors of this machine.

import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';
import { load, MEMBERS, SHARE_MIN, startTaskRig, tellLoad, type Work, warmUp, workOf } from './task-rig.ts';

const TASKS = 500;
/** What the network promises on two cores. */
const P95_MS = 1_500;
/** In this time what a round left to do (payments, copies of what was logged) is done. */
const REST_MS = 5_000;

function tellWork(from: Work, to: Work): string {
  const each = (name: keyof Work) => ((to[name] - from[name]) / TASKS).toFixed(1);
  return `a task took all ten nodes ${each('cpuMs')} ms of processor, the one that asked ${each('askerMs')} of it, ${each('messages')} messages of gossip and ${each('copies')} copies of statements`;
}

export const bench: Bench = {
  name: 'load',
  summary:
    '500 paid tasks at once over 10 node processes: share completed, and p95 from submission to the end',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const rounds = sizes(2, 4);
    await using rig = await startTaskRig();
    await warmUp(rig);
    await delay(REST_MS);
    const resting = await workOf(rig);
    await delay(REST_MS);
    const idle = (((await workOf(rig)).cpuMs - resting.cpuMs) * 1_000) / REST_MS;
    note(`without a task the ten take ${idle.toFixed(0)} ms of processor a second, which is in what follows`);
    for (let round = 1; round <= rounds; round++) {
      const before = await workOf(rig);
      const done = await load(rig, TASKS);
      await delay(REST_MS);
      note(`round ${round}: ${tellLoad(done)}`);
      note(`round ${round}: ${tellWork(before, await workOf(rig))}`);
      const shape = { tasks: TASKS, nodes: MEMBERS + 1 };
      report({
        case: `round ${round}: share completed`,
        sizes: shape,
        ours: done.completed / TASKS,
        peer: SHARE_MIN,
        peerName: 'the share promised',
        unit: 'share',
        better: 'higher',
        bar: { sign: '>=', value: 1 },
      });
      report({
        case: `round ${round}: p95 end to end`,
        sizes: { ...shape, p50: Math.round(percentile(done.times, 0.5)) },
        ours: percentile(done.times, 0.95),
        peer: P95_MS,
        peerName: 'the limit',
        unit: 'ms',
        better: 'lower',
      });
    }
  },
};
