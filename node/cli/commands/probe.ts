// zerostate probe: does what a user does, again and again, and exports how it went: words in, validated cards out; a task in, a receipt out.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import type { TaskView } from '../../api/views.ts';
import type { FindAnswer } from '../../find/find-service.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { readTask } from '../task-file.ts';
import { untilSignal } from '../until-signal.ts';
import { positiveInteger } from './find.ts';
import type { ProbeMetrics, Try } from './probe-metrics.ts';
import { waitForEnd } from './task.ts';

const SECOND_MS = 1_000;
/** Seconds that a try may take unless told: a user has given up by then, and two tries are over before the next minute's are due. */
const WITHIN_SECONDS_DEFAULT = 30;

interface ProbeFlags extends ClientFlags {
  find: string;
  task?: string;
  every?: number;
  within: number;
  textfile?: string;
}

/**
 * How one try went; undefined when `stop` ended it, which says nothing of the node. Bounded whatever the node does, and whatever the task's file is.
 */
async function tried(
  check: Try['check'],
  { stop, withinMs }: { stop: AbortSignal; withinMs: number },
  work: (signal: AbortSignal) => Promise<string>,
): Promise<Try | undefined> {
  const limit = new AbortController();
  const signal = AbortSignal.any([stop, limit.signal]);
  const late = new ZeroError('DEADLINE_PASSED', `not over within ${withinMs / SECOND_MS} s`, {
    hint: 'The node hangs or has too much to do: ask its /livez and /readyz. "--within" sets another bound.',
  });
  const timer = setTimeout(() => limit.abort(late), withinMs);
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
  const started = performance.now();
  const ended = () => Math.round((performance.now() - started) * 10) / 10;
  try {
    return { check, ok: true, code: 'ok', detail: await Promise.race([work(signal), aborted]), ms: ended() };
  } catch (error) {
    if (stop.aborted) return undefined;
    const code = isZeroError(error) ? error.code : 'INTERNAL';
    return { check, ok: false, code, detail: (error as Error).message, ms: ended() };
  } finally {
    clearTimeout(timer);
  }
}

async function find(client: ApiClient, text: string): Promise<string> {
  const { partial, results } = await client.post<FindAnswer>('/v1/find', { text, limit: 1 });
  const [best] = results;
  if (best === undefined) throw new ZeroError('NOT_FOUND', 'the search found nobody');
  return `found ${best.name}${partial ? ', in parts' : ''}`;
}

async function run(client: ApiClient, path: string): Promise<string> {
  const { manifest, ...parts } = await readTask(path);
  // A key of its own: the answer to an earlier try would be no try.
  const order = { ...parts, manifest: { ...manifest, idempotencyKey: `probe-${randomUUID()}` } };
  const { taskId } = await client.post<TaskView>('/v1/tasks', order);
  const { error, receiptId, state, status } = await waitForEnd(client, taskId);
  if (state !== 'completed' || status !== 'OK')
    throw new ZeroError('TASK_FAILED', `the task ended ${state}: ${error?.message ?? status}`);
  if (receiptId === null) throw new ZeroError('TASK_FAILED', 'the task has no receipt');
  return `receipt ${receiptId}`;
}

/** One that goes on for ever does not end because the disk was full for a minute: the age of what it wrote last tells. */
async function exportTo(path: string, metrics: ProbeMetrics, goesOn: boolean): Promise<void> {
  try {
    await metrics.write(path);
  } catch (error) {
    if (!goesOn) throw error;
    process.stderr.write(`the metrics were not written: ${plain((error as Error).message)}\n`);
  }
}

export function registerProbe(program: Command): void {
  withTarget(
    program.command('probe').description('do what a user does, once or again and again, and say how it went'),
  )
    .option('--find <words>', 'what to search for', 'anything')
    .option('--task <file>', 'a task file to have run as well')
    .option(
      '--every <seconds>',
      'again and again, until a signal; without it once, and the exit code says how it went',
      positiveInteger,
    )
    .option('--within <seconds>', 'longest time of one try', positiveInteger, WITHIN_SECONDS_DEFAULT)
    .option(
      '--textfile <file>',
      'write metrics there, for the textfile collector of the Prometheus node exporter',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ zerostate probe --find "turn invoices into a spreadsheet"
  $ zerostate probe --task examples/tasks/word-count/task.yaml --every 60 --textfile /var/lib/node_exporter/zerostate.prom`,
    )
    .action(async (flags: ProbeFlags) => {
      await runAction(flags, async () => {
        const { ProbeMetrics } = await import('./probe-metrics.ts');
        const metrics = new ProbeMetrics(flags.every ?? 0);
        const { signal } = untilSignal();
        const { find: words, task } = flags;
        const works: [Try['check'], (client: ApiClient) => Promise<string>][] = [
          ['find', (client) => find(client, words)],
        ];
        if (task !== undefined) works.push(['task', (client) => run(client, task)]);
        for (;;) {
          const tries: Try[] = [];
          const bound = { stop: signal, withinMs: flags.within * SECOND_MS };
          for (const [check, work] of works) {
            // Connected anew each time: a node that came back is what the probe is to see.
            const one = await tried(check, bound, async (end) => work(await ApiClient.connect(flags, end)));
            if (one === undefined) {
              if (flags.every === undefined) process.exitCode = 1;
              return;
            }
            tries.push(one);
          }
          for (const one of tries) metrics.note(one);
          if (flags.textfile !== undefined)
            await exportTo(flags.textfile, metrics, flags.every !== undefined);
          show(flags, tries);
          if (flags.every === undefined) {
            if (tries.some(({ ok }) => !ok)) process.exitCode = 1;
            return;
          }
          await delay(flags.every * SECOND_MS, undefined, { signal }).catch(() => undefined);
          if (signal.aborted) return;
        }
      });
    });
}

function show(flags: ProbeFlags, tries: readonly Try[]): void {
  if (flags.json === true && flags.every !== undefined) {
    for (const one of tries) process.stdout.write(`${JSON.stringify(one)}\n`);
    return;
  }
  print(flags, { tries }, () =>
    tries
      .map(({ check, code, detail, ms, ok }) =>
        [
          ok ? style.green('ok    ') : style.red('FAILED'),
          check.padEnd(4),
          `${ms} ms`,
          plain(detail),
          ok ? '' : `[${code}]`,
        ]
          .join('  ')
          .trimEnd(),
      )
      .join('\n'),
  );
}
