// What tracing costs: rows of tasks on three nodes, all recorded into a file and none recorded, in turn in one run. Each recorded row is
// compared with the one beside it, so that what else the machine does at that moment is in both; the middle of those ratios is the figure, and the
// interval beside it says whether a difference of the bar's size can be told in this run. A row counts until its last span is in the file. One recorder
// runs from the first row to the last, as in a node: it is told to record or not. Starting one for each row, and collecting garbage before each,
// was measured too: what it showed was code that ran for the first time, again and again.
// The figure is the processor's time, which is what tracing costs on any machine. The time by the clock has the work of others in it: it is judged
// only in a run whose interval is on one side of the bar, and else the run says that it can not tell.

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningNode } from '../../node/index.ts';
import { completeTask } from '../../node/tasks/order.ts';
import { startTracing } from '../../node/tracing/index.ts';
import { setRecording } from '../../node/tracing/spans.ts';
import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { centreOfRatios, median } from './measure.ts';
import { startNetwork, until } from './node-rig.ts';

/** One row of tasks: how long it took, and how much of the processor. */
interface Row {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Tracing may cost so much more time. */
const OVERHEAD_MAX = 1.05;
/** Rows before the first that counts: code is compiled. */
const WARM_UPS = 6;
const SETTLE_MS_MAX = 60_000;
const MODULE = readFileSync(new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url));

export const bench: Bench = {
  name: 'tracing-overhead',
  summary: 'time of rows of tasks with every span recorded, against none, in one run',
  bar: { sign: '<=', value: OVERHEAD_MAX },
  async run({ sizes, report, note }) {
    const rounds = sizes(100, 240);
    const row = 20;
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
    const where = { endpoint: '', file, sample: 1000, name: 'bench', peerId: 'bench', region: 'here' };
    const tracing = await startTracing(where);
    const timed = async (traced: boolean): Promise<Row> => {
      setRecording(traced);
      const cpu = process.cpuUsage();
      const started = performance.now();
      await Promise.all(Array.from({ length: row }, (_, i) => one(agents[i % agents.length] as string)));
      if (traced) await tracing?.flush();
      const ms = performance.now() - started;
      const { system, user } = process.cpuUsage(cpu);
      return { ms, cpuMs: (system + user) / 1_000 };
    };
    try {
      for (let i = 0; i < WARM_UPS; i++) await timed(i % 2 === 0);
      const pairs: { recorded: Row; without: Row }[] = [];
      for (let i = 0; i < rounds; i++) {
        // In turn who is first: what one row leaves to do is done during the next.
        const first = await timed(i % 2 === 0);
        const second = await timed(i % 2 !== 0);
        pairs.push(i % 2 === 0 ? { recorded: first, without: second } : { recorded: second, without: first });
      }
      const tasks = (rounds + WARM_UPS / 2) * row;
      const cpuMs = median(pairs.map(({ without }) => without.cpuMs)) / row;
      note(
        `${statSync(file).size} bytes of spans for ${tasks} tasks of ${cpuMs.toFixed(2)} ms of the processor`,
      );
      for (const [name, of] of [
        ['processor time of a row, recorded to not', 'cpuMs'],
        ['time of a row by the clock, recorded to not', 'ms'],
      ] as const) {
        const ratios = pairs.map(({ recorded, without }) => recorded[of] / without[of]);
        const { high, low, middle } = centreOfRatios(ratios);
        const between = `between ${low.toFixed(3)} and ${high.toFixed(3)} (95 %)`;
        note(`${name}: of ${ratios.length} pairs, the middle is ${between}`);
        const isTold = low > OVERHEAD_MAX || high <= OVERHEAD_MAX;
        if (of === 'ms' && !isTold) {
          note(`${name}: ${middle.toFixed(3)}, not judged: this machine is too busy to tell`);
          continue;
        }
        report({
          case: `${name}, middle of pairs`,
          sizes: { nodes: 3, rounds, tasks: row },
          ours: middle,
          peer: 1,
          peerName: 'no tracing',
          unit: 'ratio',
          better: 'lower',
        });
      }
    } finally {
      await tracing?.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
