// Row 15: a peer in a process of its own gossips invalid signatures as fast as two cores allow; shut out, it comes back with a new id.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, percentile, secondsUntil } from './rig.ts';

const RATE = 5_000;
const LAG_P99_MS_MAX = 100;
const GRAYLIST_SECONDS_MAX = 10;
const SLOWDOWN_MAX = 2;
/** Below this a factor between two latencies is noise: of this machine, and of one that runs tests beside it. */
const FLOOR_MS = 10;
const FLOOR_MS_QUICK = 50;

/** Milliseconds of a comparison of logs: a question that the other has to answer, and its answer. */
async function latencies(from: RunningNode, to: RunningNode, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const answered = await from.node.sync.syncWith(to.node.host.peerId);
    times.push(answered ? performance.now() - started : Number.POSITIVE_INFINITY);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return times;
}

export const row15: ChaosRow = {
  row: 15,
  title: 'invalid signatures, 5,000/s',
  pass: 'loop lag p99 < 100 ms; attacker shut out <= 10 s; honest p95 < 2x',
  async run({ quick }) {
    await using nodes = new TestNodes();
    const victim = await nodes.start('victim');
    const honest = await nodes.start('honest', { join: [addressOf(victim)] });
    await secondsUntil(() => victim.node.directory.get(honest.node.peerId) !== undefined, 20);
    const samples = quick ? 30 : 100;
    const calm = percentile(await latencies(honest, victim, samples), 0.95);
    const seconds = quick ? 4 : 15;
    const script = join(import.meta.dirname, 'flooder.ts');
    const child = spawn(process.execPath, [script, addressOf(victim), String(RATE), String(seconds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(child.stdout!, 'data')) as [Buffer];
      const attacker = line.toString().trim().split('\n')[0]!;
      const lag = monitorEventLoopDelay({ resolution: 10 });
      lag.enable();
      const shutOut = await secondsUntil(
        () => victim.node.admission.isPenalized(attacker),
        GRAYLIST_SECONDS_MAX + 5,
      );
      const attacked = percentile(await latencies(honest, victim, samples), 0.95);
      lag.disable();
      const ids = victim.node.admission.list().filter(({ strikes }) => strikes > 0).length;
      return [
        { name: 'time to shut out', value: shutOut, unit: 's', max: GRAYLIST_SECONDS_MAX },
        { name: 'event loop lag p99', value: lag.percentile(99) / 1e6, unit: 'ms', max: LAG_P99_MS_MAX },
        { name: 'ids of the attacker shut out', value: ids, unit: 'ids' },
        { name: 'honest p95, calm', value: calm, unit: 'ms' },
        {
          name: 'honest p95, attacked',
          value: attacked,
          unit: 'ms',
          max: Math.max(quick ? FLOOR_MS_QUICK : FLOOR_MS, calm * SLOWDOWN_MAX),
        },
      ];
    } finally {
      child.kill('SIGKILL');
    }
  },
};
