// A task end to end over links of 30 ms one way: found, run, receipt on the executor's disk, checked and kept by the requester. Cold is the
// first task at a member (its module travels, its runner starts), warm are the next ones. Ten nodes share one thread here, and each statement
// of a task travels to all of them after it: so a warm task is timed both when the network is at rest and in a row without a pause.

import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';
import { completeTask } from '../../node/tasks/order.ts';
import { slowLinks } from '../fleet/link.ts';
import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './node-rig.ts';

const LINK_MS = 30;
/** The floor that the network promises, and what it aims at for a warm module. */
const CEILING_MS = 1_500;
const AIM_MS = 150;
const SETTLE_MS_MAX = 60_000;
/** What one task leaves to do (countersigning, ten copies of what was logged) is done before the next begins. */
const REST_MS = 400;
const MODULE = readFileSync(new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url));

export const bench: Bench = {
  name: 'task-latency',
  summary: 'a task from submission to a checked receipt, on 10 nodes with links of 30 ms; cold and warm',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const nodes = 10;
    const rounds = sizes(30, 200);
    slowLinks({ oneWayMs: LINK_MS }, Math.random);
    await using network = await startNetwork(nodes - 1);
    const [asker, ...members] = network.all as [RunningNode, ...RunningNode[]];
    const agents: string[] = [];
    for (const [i, { node }] of members.entries())
      agents.push((await node.cards.publish(draft(`Word Counter ${i}`, ['count']))).agentId);
    const join = [String(asker.node.host.getMultiaddrs()[0])];
    const index = await network.nodes.start('index', { roles: ['index'], join });
    await until(() => (index.node.index?.stats()?.cards ?? 0) >= agents.length, SETTLE_MS_MAX);
    await index.node.find.find({ text: 'warm up' });
    await until(() => agents.every((agentId) => asker.node.book.get(agentId) !== undefined), SETTLE_MS_MAX);
    const run = async (change: Record<string, unknown>) => {
      const started = performance.now();
      const { taskId } = await asker.node.requester.submit({
        ...completeTask({
          name: 'words',
          capability: 'Word Counter',
          tags: ['count'],
          args: ['8'],
          ...change,
        }),
        module: MODULE,
        stdin: new Uint8Array(),
        inputs: { 'text.txt': new TextEncoder().encode(`one two two ${started}`) },
      });
      const entry = await asker.node.tasks.ended(taskId, 30_000);
      if (entry.task.phase !== 'completed') throw new Error(JSON.stringify(entry.timeline));
      return performance.now() - started;
    };
    const cold: number[] = [];
    for (const agentId of agents) cold.push(await run({ members: [agentId] }));
    const warm = async (change: (i: number) => Record<string, unknown>, restMs: number) => {
      const times: number[] = [];
      for (let i = 0; i < rounds; i++) {
        if (restMs > 0) await delay(restMs);
        times.push(await run(change(i)));
      }
      return times;
    };
    const name = (i: number) => ({ members: [agents[i % agents.length]] });
    const named = await warm(name, REST_MS);
    const found = await warm(() => ({}), REST_MS);
    const inRow = await warm(name, 0);
    for (const [name, times, limit] of [
      ['cold module, member named', cold, CEILING_MS],
      ['warm module, member named', named, AIM_MS],
      ['warm module, member found by words', found, CEILING_MS],
      ['warm module, member named, no pause', inRow, CEILING_MS],
    ] as const) {
      note(`${name}: median ${percentile(times, 0.5).toFixed(0)} ms of ${times.length}`);
      report({
        case: `${name}, p95`,
        sizes: { nodes, tasks: times.length, linkMs: LINK_MS },
        ours: percentile(times, 0.95),
        peer: limit,
        peerName: limit === AIM_MS ? 'the aim' : 'the ceiling',
        unit: 'ms',
        better: 'lower',
      });
    }
  },
};
