// Five hundred paid tasks at once over ten node processes, warm: how many complete, and how long the slowest twentieth takes from submission to a
// receipt that is checked and on disk. All ten processes, with a sandbox each, share the processors of this machine.

import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';
import { load, MEMBERS, SHARE_MIN, startTaskRig, tellLoad, warmUp } from './task-rig.ts';

const TASKS = 500;
/** What the network promises on two cores. */
const P95_MS = 1_500;

export const bench: Bench = {
  name: 'load',
  summary:
    '500 paid tasks at once over 10 node processes: share completed, and p95 from submission to the end',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const rounds = sizes(2, 4);
    await using rig = await startTaskRig();
    await warmUp(rig);
    for (let round = 1; round <= rounds; round++) {
      const done = await load(rig, TASKS);
      note(`round ${round}: ${tellLoad(done)}`);
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
