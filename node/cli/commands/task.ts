// zerostate task: run a WASI module on a member that is found for it.

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { fromBase64, fromUtf8, toBase64 } from '../../../protocol/bytes/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { TaskView } from '../../api/views.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';

const WAIT_MS = 30_000;
/** Long-polls before giving up: 20 minutes, twice the longest task that a manifest may ask for. */
const ROUNDS_MAX = 40;

interface TaskFile {
  module?: unknown;
  stdin?: unknown;
  inputs?: unknown;
  [key: string]: unknown;
}

async function bytesOf(base: string, path: unknown, what: string): Promise<string> {
  if (typeof path !== 'string') throw new ZeroError('USAGE', `${what} is not a path`);
  const place = resolve(base, path);
  const bytes = await readFile(place).catch((cause: unknown) => {
    throw new ZeroError('USAGE', `${what}: cannot read ${place}`, { cause });
  });
  return toBase64(bytes);
}

/** Reads a task file and what it names, for POST /v1/tasks. Throws USAGE. */
export async function readTask(path: string) {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
  let file: TaskFile;
  try {
    file = parseYaml(text, { maxAliasCount: 0 }) as TaskFile;
  } catch (cause) {
    throw new ZeroError('USAGE', `${path} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
  if (typeof file !== 'object' || file === null) throw new ZeroError('USAGE', `${path} is not a task`);
  const base = dirname(path);
  const { module, stdin, inputs, ...manifest } = file;
  const files = Object.entries((inputs ?? {}) as Record<string, unknown>);
  return {
    manifest,
    module: await bytesOf(base, module, 'module'),
    stdin: stdin === undefined || stdin === null ? '' : await bytesOf(base, stdin, 'stdin'),
    files: Object.fromEntries(
      await Promise.all(
        files.map(async ([name, at]) => [name, await bytesOf(base, at, `inputs.${name}`)] as const),
      ),
    ),
  };
}

export function registerTask(program: Command): void {
  const task = program.command('task').description('run WASI modules on members of the network');

  withTarget(
    task
      .command('run')
      .description('find a member, run the task there, check and keep the receipt')
      .argument('<file>', 'task file, for instance examples/tasks/word-count/task.yaml'),
  )
    .option('--receipt <file>', 'where to write the receipt file (default: <task>-<id>.receipt.json)')
    .option('--no-receipt', 'do not write a receipt file; the node keeps it all the same')
    .action(async (file: string, flags: ClientFlags & { receipt?: string | boolean }) => {
      await runAction(flags, async () => runTask(file, flags));
    });

  withTarget(task.command('list').description('tasks that the node had run')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ tasks: TaskView[] }>('/v1/tasks'), ({ tasks }) =>
          table([
            ['TASK', 'NAME', 'STATE', 'STATUS', 'MEMBER', 'MS'],
            ...tasks.map((view) => [
              view.taskId,
              plain(view.name),
              view.state,
              view.status ?? view.error?.code ?? '',
              plain(view.executorName ?? ''),
              String(view.tookMs ?? ''),
            ]),
          ]),
        );
      });
    },
  );
}

async function runTask(file: string, flags: ClientFlags & { receipt?: string | boolean }): Promise<void> {
  const client = await ApiClient.connect(flags);
  const submitted = await client.post<TaskView>('/v1/tasks', await readTask(file));
  process.stderr.write(style.dim(`task ${submitted.taskId}: finding a member\n`));
  const done = await waitForEnd(client, submitted.taskId);
  if (done.error !== null)
    throw new ZeroError(done.error.code as ConstructorParameters<typeof ZeroError>[0], done.error.message, {
      hint: done.error.hint,
    });
  const receiptFile = await writeReceipt(client, done, flags);
  process.stderr.write(fromUtf8(fromBase64(done.stderr)));
  print(flags, { ...done, stdoutText: textOf(done.stdout), receiptFile }, (view) =>
    [
      plain(view.stdoutText).trimEnd(),
      '',
      `${view.status === 'OK' ? style.green(view.status) : style.red(String(view.status))}  exit ${view.exitCode ?? '-'}, fuel ${view.fuel}, ${view.tookMs} ms`,
      `member   ${plain(view.executorName ?? '')}  ${view.executor}`,
      ...view.tried.map((tried) => `tried    ${plain(tried.name)}: ${plain(tried.error)}`),
      `receipt  ${view.receiptId ?? 'none: an end of this kind is not signed'}`,
      ...(receiptFile === null
        ? []
        : [`         ${receiptFile}`, '', `Check it: zerostate receipt verify ${receiptFile}`]),
    ].join('\n'),
  );
  if (done.status !== 'OK') {
    process.stderr.write(`${style.red('error')}: the task ended with ${done.status} [TASK_FAILED]\n`);
    process.exitCode = 1;
  }
}

async function waitForEnd(client: ApiClient, taskId: string): Promise<TaskView> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const view = await client.get<TaskView>(`/v1/tasks/${taskId}?waitMs=${WAIT_MS}`);
    if (view.state === 'done' || view.state === 'failed') return view;
  }
  throw new ZeroError('PEER_UNREACHABLE', `task ${taskId} has not ended`);
}

async function writeReceipt(
  client: ApiClient,
  task: TaskView,
  flags: { receipt?: string | boolean },
): Promise<string | null> {
  if (task.receiptId === null || flags.receipt === false) return null;
  const path =
    typeof flags.receipt === 'string'
      ? flags.receipt
      : `${task.name}-${task.taskId.slice(0, 8)}.receipt.json`;
  const file = await client.get<object>(`/v1/receipts/${task.receiptId}`);
  await writeFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

function textOf(base64: string): string {
  return new TextDecoder().decode(fromBase64(base64));
}
