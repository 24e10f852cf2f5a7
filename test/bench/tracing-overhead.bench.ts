// What tracing costs: rows of tasks on three nodes, all recorded into a file and none recorded, in turn in one run.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningNode } from '../../node/index.ts';
import { completeTask } from '../../node/tasks/order.ts';
import { startTracing } from '../../node/tracing/index.ts';
import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { median } from './measure.ts';
import { startNetwork, until } from './node-rig.ts';

/** Tracing may cost so much more time. */
const OVERHEAD_MAX = 1.05;
const SETTLE_MS_MAX = 60_000;
const MODULE = readFileSync(new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url));

export const bench: Bench = {
  name: 'tracing-overhead',
  summary: 'time of rows of tasks with every span recorded, against none, in one run',
  bar: { sign: '<=', value: OVERHEAD_MAX },
  async run({ sizes, report, note }) {
    const rounds = sizes(12, 60);
    const row = sizes(20, 50);
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-tracing-overhead-'));
    const file = join(folder, 'spans.jsonl');
    await using network = await startNetwork(3);
    const [asker, ...members] = network.all as [RunningNode, ...RunningNode[]];
    const agents: string[] = [];
    for (const [i, { node }] of members.entries())
      agents.push((await node.cards.publish(draft(`Counter ${i}`, ['count']))).agentId);
    await until(() => agents.every((agentId) => asker.node.book.get(agentId) !== undefined), SETTLE_MS_MAX);
    let told = 0;
    const one = async (member: string) => {
      const { taskId } = await asker.node.requester.submit({
        ...completeTask({ name: 'words', capability: 'Counter', args: ['8'], members: [member] }),
        module: MODULE,
        stdin: new Uint8Array(),
        inputs: { 'text.txt': new TextEncoder().encode(`one two two ${told++}`) },
      });
      const { task } = await asker.node.tasks.ended(taskId, 60_000);
      if (task.phase !== 'completed') throw new Error(`a task ended as ${task.phase}`);
    };
    const timed = async (traced: boolean) => {
      const where = { endpoint: '', file: traced ? file : '', sample: 1000 };
      const tracing = await startTracing({ ...where, name: 'bench', peerId: 'bench', region: 'here' });
      const started = performance.now();
      await Promise.all(Array.from({ length: row }, (_, i) => one(agents[i % agents.length] as string)));
      const took = performance.now() - started;
      await tracing?.stop();
      return took;
    };
    try {
      await timed(true);
      await timed(false);
      const recorded: number[] = [];
      const without: number[] = [];
      for (let i = 0; i < rounds; i++) {
        // In turn who is first: what one row leaves to do is done during the next.
        for (const traced of i % 2 === 0 ? [true, false] : [false, true])
          (traced ? recorded : without).push(await timed(traced));
      }
      note(`${statSync(file).size} bytes of spans for ${(rounds + 1) * row} tasks`);
      report({
        case: 'a row of tasks, median',
        sizes: { nodes: 3, rounds, tasks: row },
        ours: median(recorded),
        peer: median(without),
        peerName: 'the same without tracing',
        unit: 'ms',
        better: 'lower',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
