// Row 15: a peer in a process of its own gossips invalid signatures as fast as two cores allow; shut out, it comes back with a new id.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { addressOf, TestNodes } from '../support/nodes.ts';
import { comparisons } from './comparisons.ts';
import { type ChaosRow, percentile, secondsUntil, timeMax } from './rig.ts';

const RATE = 5_000;
const LAG_P99_MS_MAX = 100;
const GRAYLIST_SECONDS_MAX = 10;
const SLOWDOWN_MAX = 2;
/** Below this a factor between two latencies is noise. What the machine itself costs then is measured by two nodes beside. */
const FLOOR_MS = 10;
const FLOOR_MS_QUICK = 2_000;

/** What two nodes that nobody attacks measure at the same time on the same machine. */
interface Beside {
  readonly p95: number;
  readonly lag: number;
}

/** Starts them; the small form does without, and is judged by what is certain on any machine. */
async function startBystanders() {
  const child = fork(join(import.meta.dirname, 'bystanders.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  return {
    measure: async (count: number): Promise<Beside> => {
      child.send(count);
      const [beside] = (await once(child, 'message')) as [Beside];
      return beside;
    },
    end: () => child.disconnect(),
  };
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
    const calm = percentile(await comparisons(honest, victim, samples), 0.95);
    const bystanders = quick ? undefined : await startBystanders();
    // The small form ends it when it has seen enough.
    const seconds = quick ? 120 : 15;
    const shutOutMax = timeMax(GRAYLIST_SECONDS_MAX, { quick });
    const script = join(import.meta.dirname, 'flooder.ts');
    const child = spawn(process.execPath, [script, addressOf(victim), String(RATE), String(seconds)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [line] = (await once(child.stdout!, 'data')) as [Buffer];
      const attacker = line.toString().trim().split('\n')[0]!;
      const lag = monitorEventLoopDelay({ resolution: 10 });
      lag.enable();
      const shutOut = await secondsUntil(() => victim.node.admission.isPenalized(attacker), shutOutMax + 5);
      const measuring = bystanders?.measure(samples);
      const attacked = percentile(await comparisons(honest, victim, samples), 0.95);
      lag.disable();
      const beside = (await measuring) ?? { p95: 0, lag: 0 };
      const ids = victim.node.admission.list().filter(({ strikes }) => strikes > 0).length;
      return [
        { name: 'time to shut out', value: shutOut, unit: 's', max: shutOutMax },
        {
          name: 'event loop lag p99',
          value: lag.percentile(99) / 1e6,
          unit: 'ms',
          max: timeMax(LAG_P99_MS_MAX, { quick }) + beside.lag,
        },
        { name: 'ids of the attacker shut out', value: ids, unit: 'ids' },
        { name: 'honest p95, calm', value: calm, unit: 'ms' },
        ...(quick
          ? []
          : [
              { name: 'p95 of nodes not attacked, then', value: beside.p95, unit: 'ms' },
              { name: 'their loop lag p99', value: beside.lag, unit: 'ms' },
            ]),
        {
          name: 'honest p95, attacked',
          value: attacked,
          unit: 'ms',
          max: Math.max(quick ? FLOOR_MS_QUICK : FLOOR_MS, Math.max(calm, beside.p95) * SLOWDOWN_MAX),
        },
      ];
    } finally {
      child.kill('SIGKILL');
      bystanders?.end();
    }
  },
};
