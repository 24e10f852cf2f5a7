// What tracing costs: rows of tasks on three nodes, into a file, in turn in one run: all traces recorded, the share that the documentation
// recommends, and none. Each row that records is compared with the one beside it that does not, so that what else the machine does at that moment is in
// both; the middle of those ratios is the figure, and the interval beside it says whether a difference of the bar's size can be told in this run. A row
// counts until its last span is in the file; it is long enough that what it waits for at its end, which a node does once a second, is not what is
// measured. One recorder runs from the first row to the last, as in a node: it is told what to record. Starting one
// for each row, and collecting garbage before each, was measured too: what it showed was code that ran for the first time, again and again.
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

/** What the rows of a round record, of a thousand traces. */
const KINDS = { all: 1_000, share: 100, none: 0 } as const;
type Kind = keyof typeof KINDS;
/** Every order of a round, so that each kind comes as often before as behind each other: what one row leaves to do is done during the next. */
const ORDERS: readonly (readonly Kind[])[] = [
  ['all', 'none', 'share'],
  ['share', 'none', 'all'],
  ['none', 'all', 'share'],
  ['share', 'all', 'none'],
  ['all', 'share', 'none'],
  ['none', 'share', 'all'],
];
const TOLD = [
  ['all', 'all recorded'],
  ['share', '100 of 1,000 recorded'],
] as const;

/** Tracing may cost so much more time. */
const OVERHEAD_MAX = 1.05;
/** Rounds before the first that counts: code is compiled. */
const WARM_UPS = 6;
/** Tasks of a row that run at once, and how often. */
const AT_ONCE = 10;
const WAVES = 4;
const SETTLE_MS_MAX = 60_000;
const MODULE = readFileSync(new URL('../../examples/tasks/word-count/word-count.wasm', import.meta.url));

export const bench: Bench = {
  name: 'tracing-overhead',
  summary:
    'time of rows of tasks with all traces recorded, and with the recommended share, against none, in one run',
  bar: { sign: '<=', value: OVERHEAD_MAX },
  async run({ sizes, report, note }) {
    const rounds = sizes(24, 300);
    const row = WAVES * AT_ONCE;
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
    const where = { endpoint: '', file, sample: KINDS.all, name: 'bench', peerId: 'bench', region: 'here' };
    const tracing = await startTracing(where);
    const timed = async (kind: Kind): Promise<Row> => {
      setRecording(kind !== 'none');
      tracing?.sample(KINDS[kind]);
      const cpu = process.cpuUsage();
      const started = performance.now();
      for (let wave = 0; wave < WAVES; wave++)
        await Promise.all(
          Array.from({ length: AT_ONCE }, (_, i) => one(agents[i % agents.length] as string)),
        );
      if (kind !== 'none') await tracing?.flush();
      const ms = performance.now() - started;
      const { system, user } = process.cpuUsage(cpu);
      return { ms, cpuMs: (system + user) / 1_000 };
    };
    const round = async (at: number): Promise<Record<Kind, Row>> => {
      const rows = {} as Record<Kind, Row>;
      for (const kind of ORDERS[at % ORDERS.length] as readonly Kind[]) rows[kind] = await timed(kind);
      return rows;
    };
    try {
      for (let i = 0; i < WARM_UPS; i++) await round(i);
      const done: Record<Kind, Row>[] = [];
      const before = statSync(file).size;
      for (let i = 0; i < rounds; i++) done.push(await round(i));
      const bytes = (statSync(file).size - before) / (rounds * row * (1 + KINDS.share / KINDS.all));
      const taskMs = median(done.map(({ none }) => none.cpuMs)) / row;
      note(
        `${Math.round(bytes)} bytes of spans for each task that is recorded, of ${taskMs.toFixed(2)} ms of the processor`,
      );
      for (const [kind, what] of TOLD)
        for (const [time, of] of [
          ['processor', 'cpuMs'],
          ['clock', 'ms'],
        ] as const) {
          const ratios = done.map((rows) => rows[kind][of] / rows.none[of]);
          const { high, low, middle } = centreOfRatios(ratios);
          const name = `${what}, by the ${time}`;
          const each = (ratio: number) => Math.round((ratio - 1) * taskMs * 1_000);
          const inUs = of === 'ms' ? '' : `: ${each(middle)} us a task, ${each(low)} to ${each(high)}`;
          const between = `between ${low.toFixed(3)} and ${high.toFixed(3)} (95 %)`;
          note(`${name}: of ${ratios.length} pairs, the middle is ${between}${inUs}`);
          if (of === 'ms' && low <= OVERHEAD_MAX && high > OVERHEAD_MAX) {
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
